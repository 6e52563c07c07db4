import type { ProductionVariant } from '@aws-sdk/client-sagemaker';
import type { EndpointConfig } from './endpoint-config.ts';
import type { Instance, Started } from './instance.ts';
import type { Model } from './model.ts';

/** The instances of one variant. */
export interface VariantFleet {
  readonly name: string;
  readonly spec: ProductionVariant;
  readonly model: Model;
  weight: number;
  /** As many as there shall be. */
  readonly desired: number;
  readonly ready: readonly Instance[];
  /** The next one in turn that takes calls. */
  next(): Instance | undefined;
  /** Starts what is missing to `count` and waits until all answer; those that came up stay when another one fails. */
  scaleOut(count: number): Promise<Started>;
  /** Ends the youngest down to `count` and waits until they are gone. */
  scaleIn(count: number): Promise<void>;
  kill(): Promise<void>;
}

/** Everything that runs for one endpoint configuration. */
export interface Fleet {
  readonly config: EndpointConfig;
  readonly variants: readonly VariantFleet[];
}

export type StartInstance = (spec: ProductionVariant, model: Model) => Instance;

export function createVariantFleet(spec: ProductionVariant, model: Model, start: StartInstance): VariantFleet {
  let instances: Instance[] = [];
  let desired = 0;
  let turn = 0;
  const live = () => (instances = instances.filter(({ state }) => state !== 'gone'));
  const ready = () => instances.filter(({ state }) => state === 'ready');
  const staying = () => live().filter(({ state }) => state !== 'leaving');
  return {
    name: spec.VariantName ?? '',
    spec,
    model,
    weight: spec.InitialVariantWeight ?? 1,
    get desired() {
      return desired;
    },
    get ready() {
      return ready();
    },
    next: () => {
      const able = ready();
      return able[turn++ % Math.max(1, able.length)];
    },
    scaleOut: async (count) => {
      desired = count;
      const missing = Math.max(0, count - staying().length);
      const fresh = Array.from({ length: missing }, () => start(spec, model));
      instances.push(...fresh);
      const outcomes = await Promise.all(fresh.map((instance) => instance.started));
      const failed = outcomes.find(({ outcome }) => outcome === 'failed');
      return failed ?? { outcome: 'ready' };
    },
    scaleIn: async (count) => {
      desired = count;
      await Promise.all(
        staying()
          .slice(count)
          .map((instance) => instance.stop()),
      );
      live();
    },
    kill: async () => {
      desired = 0;
      await Promise.all(live().map((instance) => instance.kill()));
    },
  };
}

export const countDesired = (fleet: Fleet): number => fleet.variants.reduce((sum, { desired }) => sum + desired, 0);

/** Starts every variant up to its count. */
export async function startFleet(fleet: Fleet, countOf: (variant: VariantFleet) => number): Promise<Started> {
  const outcomes = await Promise.all(fleet.variants.map((variant) => variant.scaleOut(countOf(variant))));
  return outcomes.find(({ outcome }) => outcome === 'failed') ?? { outcome: 'ready' };
}

/** Lets calls under way finish, and ends everything. */
export async function endFleet(fleet: Fleet): Promise<void> {
  await Promise.all(fleet.variants.map((variant) => variant.scaleIn(0)));
}
