import type { Price, RunRecord } from '../../records/record.ts';
import { zoneUri } from '../../records/keys.ts';
import { findShape } from '../../prices/shape.ts';
import type { TrainRun } from '../../spec/spec.ts';
import { stopGraceSeconds } from '../cost.ts';
import { getFingerprint } from '../fingerprint.ts';
import { commonIngredients, type PlanBasis } from '../plan.ts';
import { boxKeys } from './box-keys.ts';
import type { BoxJob } from './box.ts';
import { mostInterruptions } from './candidates.ts';
import { findMachineCeilingUsd } from './money.ts';
import type { MachineImage, VolumePrice } from './ports.ts';
import { getDeadMansMinutes } from './user-data.ts';

/** One run of `train.runs` on EC2 as it will be asked for. */
export interface MachinePlan {
  readonly label: string;
  readonly baseName: string;
  readonly fingerprint: string;
  readonly instanceTypes: readonly [string, ...string[]];
  /** On demand. */
  readonly prices: Readonly<Record<string, Price>>;
  readonly asked: RunRecord['asked'];
  readonly image: MachineImage;
  /** From the first launch until the last machine must be over, in seconds. */
  readonly lifetimeSeconds: number;
  /** What the machine is told. @param maxRuntimeSeconds less than asked for when a run goes on after an interruption */
  readonly job: (name: string, instanceType: string, maxRuntimeSeconds: number) => BoxJob;
}

export interface MachinePlanInput {
  readonly basis: PlanBasis;
  readonly label: string;
  readonly run: TrainRun;
  readonly baseName: string;
  readonly prices: Readonly<Record<string, Price>>;
  readonly volumePrice: VolumePrice;
  readonly image: MachineImage;
  readonly volumeGb: number;
}

/** Plans one run: pure, so the same spec, hashes, image and prices always give the same machines. */
export function planMachineRun(input: MachinePlanInput): MachinePlan {
  const { basis, label, run, baseName, prices, image, volumeGb } = input;
  const { spec } = basis;
  const maxRuntimeSeconds = run.maxRuntimeSeconds ?? spec.train?.maxRuntimeSeconds ?? 86_400;
  const hyperparameters = { ...spec.hyperparameters, ...run.hyperparameters, ...basis.hyperparameters };
  const deadMansSeconds = getDeadMansMinutes({ maxRuntimeSeconds, stopGraceSeconds }) * 60;
  const spareSeconds = deadMansSeconds - maxRuntimeSeconds;
  const moreMachines = run.spot ? mostInterruptions : 0;
  const ceilingUsd = findMachineCeilingUsd({
    prices: run.instanceTypes.map((type) => prices[type] ?? { kind: 'unknown', why: `no price of ${type} was read` }),
    volumeGb,
    volume: input.volumePrice,
    deadMansSeconds,
    spareSeconds,
    moreMachines,
  });
  return {
    label,
    baseName,
    fingerprint: getFingerprint({
      ...commonIngredients(basis),
      // The image behind a parameter is patched in place, as that behind a container's tag is.
      image: `ssm:${image.parameter}`,
      hyperparameters,
      machines: { instanceTypes: run.instanceTypes, instanceCount: 1, spot: run.spot },
      overrides: {},
    }),
    instanceTypes: run.instanceTypes,
    prices,
    image,
    lifetimeSeconds: deadMansSeconds + moreMachines * spareSeconds,
    asked: {
      instanceTypes: [...run.instanceTypes],
      instanceCount: 1,
      volumeGb,
      spot: run.spot,
      maxRuntimeSeconds,
      image: image.parameter,
      entryPoint: basis.entryPoint,
      hyperparameters,
      ...(ceilingUsd === undefined ? {} : { ceilingUsd }),
    },
    job: (name, instanceType, seconds) => boxJobOf(basis, { name, instanceType, baseName, hyperparameters, seconds }),
  };
}

interface JobOf {
  readonly name: string;
  readonly instanceType: string;
  readonly baseName: string;
  readonly hyperparameters: Readonly<Record<string, string>>;
  readonly seconds: number;
}

function boxJobOf(basis: PlanBasis, { name, instanceType, baseName, hyperparameters, seconds }: JobOf): BoxJob {
  const { spec, bucket, region } = basis;
  const below = zoneUri(bucket, basis.zone).slice(`s3://${bucket}/`.length);
  const shape = findShape(instanceType);
  return {
    schema: 1,
    name,
    region,
    bucket,
    prefix: `${below}${boxKeys(name).prefix}`,
    channels: Object.fromEntries([
      ['code', placeOf(basis.code.uri)],
      ...Object.entries(basis.data).map(([key, { uri }]) => [key, placeOf(uri)]),
    ]),
    entryPoint: basis.entryPoint,
    hyperparameters,
    environment: spec.environment,
    checkpoints: `${below}checkpoints/${baseName}/`,
    instanceType,
    ...(shape && { vcpus: shape.vcpus, memoryGib: shape.memoryGib }),
    maxRuntimeSeconds: seconds,
    stopGraceSeconds,
  };
}

function placeOf(uri: string): { bucket: string; prefix: string } {
  const [, bucket = '', prefix = ''] = /^s3:\/\/([^/]+)\/?(.*)$/s.exec(uri) ?? [];
  return { bucket, prefix };
}
