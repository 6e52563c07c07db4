import type * as ec2 from '@aws-sdk/client-ec2';
import type { Room } from '../../contract.ts';
import * as schemas from '../../wire/schemas/ec2.generated.ts';
import * as ssmSchemas from '../../wire/schemas/ssm.generated.ts';
import { createParameterHandlers } from '../ssm/parameters.ts';
import { createCatalogHandlers } from './describe-catalog.ts';
import { createHoldingHandlers } from './describe-holdings.ts';
import { createNetworkHandlers } from './describe-network.ts';
import { endInstance, type Instance, isOver, reasons } from './instance.ts';
import { createInstanceHandlers } from './instance-handlers.ts';
import { createInstanceTable } from './instance-table.ts';
import { type InstanceProfile, listProfiles } from './instance-profiles.ts';
import { interrupt } from './interrupt.ts';
import { createMachineAddresses } from './machine-addresses.ts';
import { createNetwork } from './network.ts';
import type { Ec2Options, Shortage } from './options.ts';
import type { Ec2Deps, Ec2Room } from './room.ts';
import { runInstance } from './run-instance.ts';
import { describeSpotPriceHistory } from './spot-prices.ts';
import { createTagHandlers } from './tag-handlers.ts';

export interface Ec2 extends Room {
  readonly profiles: readonly InstanceProfile[];
  /** Every instance that is still shown, as it is now, past weather and journal. */
  list(): ec2.Instance[];
  /** Gives a running spot instance its notice. False when there is none of this id, or it has had it. */
  interrupt(id: string): boolean;
  /** What there is no capacity of from now on. */
  setShortages(shortages: readonly Shortage[]): void;
}

/** EC2, whose instances execute their user data on this machine, and the public parameters of SSM that name its images. */
export function createEc2(deps: Ec2Deps, options: Ec2Options = {}): Ec2 {
  const { handlers, ...instances } = createInstances(deps, options);
  const { region } = deps.cloud;
  const parameters = createParameterHandlers({ region, absent: options.absentParameters ?? [] });
  return {
    ...instances,
    services: [
      { name: 'ec2', schemas, handlers },
      { name: 'ssm', schemas: ssmSchemas, handlers: parameters },
    ],
  };
}

/** Instances and what belongs to them, without the wire. */
export function createInstances(deps: Ec2Deps, options: Ec2Options) {
  const { clock, weather, region, account } = deps.cloud;
  const room: Ec2Room = {
    ...deps,
    options,
    times: {
      minuteMs: (options.minuteSeconds ?? 60) * 1000,
      noticeMs: (options.noticeSeconds ?? 120) * 1000,
      shutdownSeconds: options.shutdownSeconds ?? 30,
    },
    network: createNetwork(region, options),
    profiles: listProfiles(account, options),
    table: createInstanceTable(clock, weather, (options.visibleSeconds ?? 3600) * 1000),
    addresses: createMachineAddresses(process.pid),
    shortages: [...(options.noCapacity ?? [])],
  };
  const running = new Set<Promise<void>>();
  const count = { all: 0, spot: 0 };
  const start = (instance: Instance) => {
    const seconds = instance.spot && options.spotInterruptions?.[count.spot++];
    const launchFailure = options.launchFailures?.[count.all++] ?? undefined;
    const interruptAfterMs = typeof seconds === 'number' ? seconds * 1000 : undefined;
    const life = runInstance(instance, room, { interruptAfterMs, launchFailure });
    running.add(life);
    void life.finally(() => running.delete(life));
  };
  const handlers = {
    ...createInstanceHandlers(room, start),
    ...createCatalogHandlers(room),
    ...createNetworkHandlers(room),
    ...createHoldingHandlers(room),
    ...createTagHandlers(room),
    DescribeSpotPriceHistory: (input: Parameters<typeof describeSpotPriceHistory>[0]) => describeSpotPriceHistory(input, room),
  };
  return {
    handlers,
    profiles: room.profiles,
    list: () => room.table.all().flatMap(({ history }) => history.at(-1)?.view ?? []),
    interrupt: (id: string) => {
      const instance = room.table.all().find((one) => one.id === id);
      if (!instance?.spot || instance.state.name !== 'running' || instance.state.interruptedAt) return false;
      void interrupt(instance, room);
      return true;
    },
    setShortages: (shortages: readonly Shortage[]) => void room.shortages.splice(0, room.shortages.length, ...shortages),
    close: async () => {
      for (const instance of room.table.all().filter((one) => !isOver(one))) {
        instance.close.abort();
        endInstance(instance, clock, 'terminated', reasons.user(clock.now()));
      }
      await Promise.all(running);
    },
  };
}
