import { ActionError } from '../../../src/action-error.ts';
import type { Ec2Deps, Settings } from '../../../src/actions/train-on-ec2/deps.ts';
import type { BoxStatus } from '../../../src/training/ec2/box.ts';
import { createBoxJobs } from '../../../src/training/ec2/jobs.ts';
import { createBoxLogs } from '../../../src/training/ec2/logs.ts';
import type { Machine, MachineImage, MachineRequest, Machines } from '../../../src/training/ec2/ports.ts';
import { createBoxUtilisation } from '../../../src/training/ec2/utilisation.ts';
import { createDeps, settings as trainSettings, spec, type World } from '../train-model/world.ts';

/** What becomes of the n-th machine that is started. */
interface Fate {
  /** Seconds of training. */
  readonly trains?: number;
  /** `silent`: it goes without a last word, for EC2's reason. */
  readonly end?: 'completed' | 'failed' | 'interrupted' | 'timed-out' | 'silent';
  readonly reason?: string;
  readonly exitCode?: number;
  readonly failure?: string;
}

interface Started {
  readonly request: MachineRequest;
  readonly id: string;
  readonly launched: number;
  readonly fate: Fate;
  terminated?: number;
}

export interface Ec2World {
  readonly world: World;
  readonly started: Started[];
  readonly refused: MachineRequest[];
  /** Why a machine cannot be had now; undefined when it can. */
  refuse: (request: MachineRequest) => ActionError | undefined;
  fates: Fate[];
  image: MachineImage | undefined;
  /** EC2 has forgotten machines that are over. */
  forgets: boolean;
}

const bootSeconds = 20;
const image: MachineImage = {
  id: 'ami-1',
  parameter: '/aws/service/x',
  name: 'al2023',
  rootDevice: '/dev/xvda',
  minVolumeGb: 8,
  architecture: 'x86_64',
};

export function createEc2World(world: World): Ec2World {
  return { world, started: [], refused: [], refuse: () => undefined, fates: [], image, forgets: false };
}

export const noCapacity = (kind: 'capacity' | 'quota' = 'capacity') =>
  new ActionError({ kind, message: 'There is none.', fix: 'Wait.' });

function endOf({ launched, fate: { trains = 100 }, terminated }: Started): number {
  return Math.min(launched + (bootSeconds + trains) * 1000, terminated ?? Number.POSITIVE_INFINITY);
}

function view(one: Started, now: number): Machine {
  const end = endOf(one);
  const over = now >= end;
  const byUser = one.terminated === end;
  return {
    id: one.id,
    state: over ? 'terminated' : 'running',
    instanceType: one.request.instanceType,
    imageId: one.request.imageId,
    zone: 'us-east-1a',
    spot: one.request.spot,
    launched: new Date(one.launched),
    ...(over
      ? {
          ended: new Date(end),
          reason: byUser
            ? 'Client.UserInitiatedShutdown: User initiated shutdown'
            : (one.fate.reason ?? 'Client.InstanceInitiatedShutdown: x'),
        }
      : {}),
    tags: one.request.tags,
  };
}

const time = (ms: number) => new Date(ms).toISOString();

/** What the program on the machine has last said, at this time. */
function statusOf(one: Started, name: string, now: number): BoxStatus | undefined {
  const trainsAt = one.launched + bootSeconds * 1000;
  if (now < trainsAt) return undefined;
  const end = endOf(one);
  const { end: outcome = 'completed', exitCode, failure } = one.fate;
  const spoke = now >= end && one.terminated !== end && outcome !== 'silent';
  return {
    schema: 1,
    name,
    instance: one.id,
    state: spoke ? outcome : 'training',
    phases: [
      { status: 'Starting', start: time(one.launched + 10_000), end: time(trainsAt) },
      { status: 'Training', start: time(trainsAt), ...(spoke ? { end: time(end) } : {}) },
    ],
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(failure === undefined ? {} : { failure }),
    logParts: 1,
    sampleParts: 0,
    model: spoke && outcome === 'completed',
    updated: time(Math.min(now, end)),
  };
}

function createMachines(ec2: Ec2World): Machines {
  const { world } = ec2;
  const now = () => world.clock.now().getTime();
  const hook = async <T>(call: string, act: () => T): Promise<T> => {
    world.calls.push(`machines.${call}`);
    await world.hook(`machines.${call}`, 'before');
    const answer = act();
    await world.hook(`machines.${call}`, 'after');
    return answer;
  };
  return {
    findImage: async () => ec2.image,
    start: (request) =>
      hook('start', () => {
        const present = ec2.started.find((one) => one.request.clientToken === request.clientToken);
        if (present) return { outcome: 'started', machine: view(present, now()) } as const;
        const error = ec2.refuse(request);
        if (error) {
          ec2.refused.push(request);
          if (error.kind !== 'capacity' && error.kind !== 'quota') throw error;
          return { outcome: 'unavailable', error } as const;
        }
        const one = { request, id: `i-${ec2.started.length + 1}`, launched: now(), fate: ec2.fates[ec2.started.length] ?? {} };
        ec2.started.push(one);
        return { outcome: 'started', machine: view(one, now()) } as const;
      }),
    find: (tags) =>
      hook('find', () =>
        ec2.started
          .map((one) => view(one, now()))
          .filter((one) => Object.entries(tags).every(([key, value]) => one.tags[key] === value))
          .filter((one) => !ec2.forgets || one.state === 'running'),
      ),
    terminate: (id) =>
      hook('terminate', () => {
        const one = ec2.started.find((started) => started.id === id);
        if (!one) return 'missing';
        if (now() >= endOf(one)) return 'ended';
        one.terminated = now();
        return 'requested';
      }),
    console: async () => ['Out of memory: Killed process 42 (python3)'],
  };
}

const zone = 's3://models/trainyard/pr/7/';

export function createEc2Deps(ec2: Ec2World, more: Partial<Ec2Deps> = {}): Ec2Deps {
  const { world } = ec2;
  const base = createDeps(world);
  const { clock } = world;
  const readText = async (uri: string) => {
    const [, name] = /jobs\/([^/]+)\/box\/status\.json$/.exec(uri) ?? [];
    if (name === undefined) return base.objects.readText(uri);
    const one = ec2.started.findLast(({ request }) => request.tags['trainyard:job'] === name);
    const said = ec2.started
      .filter(({ request }) => request.tags['trainyard:job'] === name)
      .map((started) => statusOf(started, name, clock.now().getTime()))
      .findLast((status) => status !== undefined);
    return one && said ? JSON.stringify(said) : undefined;
  };
  const objects = { ...base.objects, readText };
  const price = { kind: 'known', usdPerHour: 0.36, source: 'table', quality: 'observed', date: '2026-07-20' } as const;
  const machines = createMachines(ec2);
  const machinePrices = {
    onDemand: async () => price,
    spot: async () => ({ ...price, usdPerHour: 0.09, source: 'spot-history' as const }),
    volume: async () => ({ kind: 'known', usdPerGbMonth: 0.073, source: 'table', date: '2026-11-22' }) as const,
  };
  const jobs = createBoxJobs({
    machines,
    prices: machinePrices,
    objects,
    zone,
    region: 'us-east-1',
    repository: 'acme/dogs',
    runId: '1001',
    arnPrefix: async () => 'arn:aws:ec2:us-east-1:123456789012:instance/',
    clock,
  });
  const logs = createBoxLogs({ objects, zone, clock });
  const utilisation = createBoxUtilisation({ objects, zone, clock });
  const side = { jobs, logs, utilisation, volumePrice: () => machinePrices.volume() };
  return {
    ...base,
    ...side,
    objects,
    machines,
    machinePrices,
    ec2: side,
    runs: { ...base, ec2: side },
    agent: '/product/agent.py',
    ...more,
  };
}

/** A run on EC2 with these members of its own. */
export function settingsOf(run: Partial<NonNullable<Settings['spec']['train']>['runs'][string]> = {}): Settings {
  const box = { on: 'ec2', instanceTypes: ['m5.xlarge'], instanceCount: 1, spot: false, hyperparameters: {}, ...run } as const;
  return {
    ...trainSettings,
    spec: { ...spec, train: { maxRuntimeSeconds: 3600, runs: { box } } },
    roleArn: 'box-profile',
    image: '',
    labels: ['box'],
    imageParameters: [],
  };
}
