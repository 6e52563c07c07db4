import type * as ec2 from '@aws-sdk/client-ec2';
import type { Clock } from '../../../time/clock.ts';
import type { Weather } from '../../contract.ts';
import type { Instance } from './instance.ts';
import { checkId, refuse } from './refuse.ts';

export interface InstanceTable {
  add(instance: Instance): void;
  /** In order of launch, without those that ended too long ago to be shown. */
  all(): Instance[];
  /** @throws InvalidInstanceID.NotFound and .Malformed */
  get(ids: readonly string[]): Instance[];
  /** What a read shows: under some weather, the instance as it was a little while ago; undefined when it was not there then. */
  look(instance: Instance): ec2.Instance | undefined;
  findByToken(token: string): Instance[];
}

export function createInstanceTable(clock: Clock, weather: Weather, visibleMs: number): InstanceTable {
  const instances = new Map<string, Instance>();
  const isVisible = ({ state }: Instance) =>
    state.name !== 'terminated' || state.ended === undefined || clock.now().getTime() - state.ended.getTime() < visibleMs;
  const all = () => [...instances.values()].filter(isVisible);
  return {
    add: (instance) => void instances.set(instance.id, instance),
    all,
    get: (ids) => {
      for (const id of ids) checkId(id, 'i', 'InvalidInstanceID');
      const found = all().filter(({ id }) => ids.includes(id));
      refuseMissing(ids.filter((id) => !found.some((instance) => instance.id === id)));
      return found;
    },
    look: ({ history }) => {
      const then = clock.now().getTime() - weather.readLagMs;
      return history.findLast(({ atMs }) => atMs <= then)?.view;
    },
    findByToken: (token) => all().filter(({ plan }) => plan.clientToken === token),
  };
}

/** @throws InvalidInstanceID.NotFound when there is one */
export function refuseMissing(ids: readonly string[]): void {
  if (ids.length === 0) return;
  const noun = ids.length === 1 ? `instance ID '${ids[0]}' does` : `instance IDs '${ids.join(', ')}' do`;
  throw refuse('InvalidInstanceID.NotFound', `The ${noun} not exist`);
}
