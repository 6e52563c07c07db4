import { describe, expect, test } from '@jest/globals';
import { run } from '../../../src/actions/train-on-ec2/run.ts';
import { endRuns } from '../../../src/actions/train-model/end-runs.ts';
import { findState } from '../../../src/actions/jobs/state.ts';
import { finishUnwatched } from '../../../src/training/settling/finish.ts';
import { createWorld } from '../train-model/world.ts';
import { createEc2Deps, createEc2World, noCapacity, settingsOf } from './machines.ts';

const open = () => {
  const world = createWorld();
  const ec2 = createEc2World(world);
  return { world, ec2, deps: createEc2Deps(ec2) };
};
const only = (records: Map<string, unknown> | ReadonlyMap<string, never>) => [...records.values()][0];
const living = (ec2: ReturnType<typeof createEc2World>) =>
  ec2.started.filter(
    (one) =>
      one.terminated === undefined && one.launched + (20 + (one.fate.trains ?? 100)) * 1000 > ec2.world.clock.now().getTime(),
  );

describe('a run on EC2', () => {
  test('is billed from launch to end with its volume, and told in phases', async () => {
    const { world, ec2, deps } = open();
    const outputs = await run(settingsOf(), deps);
    const record = only(world.records);
    expect(record).toMatchObject({
      on: 'ec2',
      state: { status: 'completed' },
      billedSeconds: 120,
      trainingSeconds: 100,
      machine: { instanceType: 'm5.xlarge', vcpus: 4 },
      ec2: { machines: [{ id: 'i-1', billedSeconds: 120, price: { usdPerHour: 0.36 } }] },
      model:
        's3://models/trainyard/pr/7/jobs/dogs-box-' +
        String(ec2.started[0]?.request.tags['trainyard:job']).slice(9) +
        '/output/model.tar.gz',
    });
    // 120 s of 0.36 USD/h, and of 30 GB at 0.073 USD a month.
    expect(record).toHaveProperty('costUsd', (120 / 3600) * 0.36 + (120 / 3600) * ((30 * 0.073) / 730));
    expect(JSON.parse(outputs.jobs)).toMatchObject([{ instance: 'i-1', status: 'completed' }]);
    expect(ec2.started[0]?.request).toMatchObject({ instanceProfile: 'box-profile', spot: false, imageId: 'ami-1' });
    expect(ec2.started[0]?.request.userData).toMatch(/^#!\/bin\/sh\nshutdown -P \+77\n/);
  });

  test('goes through markets, types and subnets in order, each attempt said, and refuses at $0 when there is none', async () => {
    const { world, ec2, deps } = open();
    ec2.refuse = () => noCapacity();
    const asked = settingsOf({ spot: true, instanceTypes: ['m5.xlarge', 'm5.large'] });
    const network = { subnets: ['subnet-1', 'subnet-2'], securityGroups: ['sg-1'], isolation: false };
    await expect(run({ ...asked, spec: { ...asked.spec, network } }, deps)).rejects.toMatchObject({ kind: 'capacity' });
    expect(ec2.refused.map(({ spot, instanceType, subnet }) => `${spot ? 'spot ' : ''}${instanceType} ${subnet}`)).toEqual([
      'spot m5.xlarge subnet-1',
      'spot m5.xlarge subnet-2',
      'spot m5.large subnet-1',
      'spot m5.large subnet-2',
      'm5.xlarge subnet-1',
      'm5.xlarge subnet-2',
      'm5.large subnet-1',
      'm5.large subnet-2',
    ]);
    expect(only(world.records)).toMatchObject({ state: { status: 'refused' }, costUsd: 0 });
    expect(new Set(ec2.refused.map(({ clientToken }) => clientToken)).size).toBe(8);
    expect(world.lines.filter((line) => line.includes('asking EC2 for'))).toHaveLength(8);
  });

  test('takes what can be had', async () => {
    const { world, ec2, deps } = open();
    ec2.refuse = ({ instanceType }) => (instanceType === 'm5.xlarge' ? noCapacity('quota') : undefined);
    await run(settingsOf({ instanceTypes: ['m5.xlarge', 'm5.large'] }), deps);
    expect(only(world.records)).toMatchObject({
      state: { status: 'completed' },
      machine: { instanceType: 'm5.large', vcpus: 2 },
    });
  });

  test('goes on after interruptions with what is left of its time, the fourth machine on demand; all of them are billed', async () => {
    const { world, ec2, deps } = open();
    ec2.fates = [1, 2, 3].map((n) => ({ end: 'interrupted', trains: 100 * n }) as const);
    await run(settingsOf({ spot: true }), deps);
    expect(ec2.started.map(({ request }) => request.spot)).toEqual([true, true, true, false]);
    expect(new Set(ec2.started.map(({ request }) => request.tags['trainyard:job'])).size).toBe(1);
    expect(ec2.started.map(({ request }) => /\+(\d+)/.exec(request.userData)?.[1])).toEqual(['77', '76', '72', '67']);
    const record = only(world.records);
    expect(record).toMatchObject({
      state: { status: 'completed' },
      trainingSeconds: 700,
      billedSeconds: 780,
      ec2: { machines: [{ spot: true }, { spot: true }, { spot: true }, { spot: false, price: { usdPerHour: 0.36 } }] },
    });
    expect(record).toHaveProperty('costUsd', expect.closeTo((660 * 0.09 + 120 * 0.36 + 780 * 0.003) / 3600, 9));
  });

  test('that nobody has a next machine for fails with its bill', async () => {
    const { world, ec2, deps } = open();
    ec2.fates = [{ end: 'silent', reason: 'Server.SpotInstanceTermination: Spot instance termination' }];
    ec2.refuse = () => (ec2.started.length > 0 ? noCapacity() : undefined);
    await expect(run(settingsOf({ spot: true }), deps)).rejects.toMatchObject({ kind: 'capacity' });
    expect(only(world.records)).toMatchObject({ state: { status: 'failed' }, billedSeconds: 120 });
  });

  test.each([
    [{ end: 'failed', exitCode: 3, failure: 'ValueError: no labels' }, 'script', /exited with code 3: ValueError: no labels/],
    [{ end: 'failed', failure: 'The disk of the machine is full: raise volume-gb' }, 'input', /disk of the machine is full/],
    [{ end: 'silent' }, 'aws', /ended without a last word[^]*Out of memory/],
    [{ end: 'timed-out' }, 'stopped', /reached max-runtime/],
  ] as const)('ends with one clear error: %o', async (fate, kind, message) => {
    const { ec2, deps, world } = open();
    ec2.fates = [fate];
    await expect(run(settingsOf(), deps)).rejects.toMatchObject({ kind, message: expect.stringMatching(message) });
    expect(only(world.records)).toHaveProperty('costUsd');
    expect(living(ec2)).toEqual([]);
  });

  test('is reused at $0 by an equal one, trained again by force', async () => {
    const { world, ec2, deps } = open();
    await run(settingsOf(), deps);
    const context = { ...deps.context, workflow: { ...deps.context.workflow, runId: '1002' } };
    await run(settingsOf(), createEc2Deps(ec2, { context }));
    expect([...world.records.values()].at(-1)).toMatchObject({ state: { status: 'reused' }, costUsd: 0, on: 'ec2' });
    expect(ec2.started).toHaveLength(1);
  });

  test('that was handed over is finished from what lies in S3, hours after EC2 forgot its machine', async () => {
    const { world, ec2, deps } = open();
    await run({ ...settingsOf(), wait: false }, deps);
    expect(only(world.records)).toMatchObject({ handedOver: true, ec2: { machines: [{ id: 'i-1' }] } });
    expect(ec2.started[0]?.request.tags['trainyard:outlives-run']).toBe('true');
    await world.clock.sleep(5 * 3600_000);
    ec2.forgets = true;
    const later = createEc2Deps(ec2);
    const [finished] = await finishUnwatched([...world.records.values()], { spec: settingsOf().spec }, later.runs);
    expect(finished).toMatchObject({ state: { status: 'completed' }, billedSeconds: 120 });
    expect(finished?.costUsd).toBeGreaterThan(0);
  });

  test('costs too much before anything is written', async () => {
    const { ec2, deps } = open();
    const asked = { ...settingsOf(), maxCostUsd: 0.4 };
    await expect(run(asked, deps)).rejects.toMatchObject({ kind: 'budget' });
    expect(ec2.started).toEqual([]);
  });

  test('has an image that is there, and a volume that holds it', async () => {
    const { ec2, deps, world } = open();
    ec2.image = ec2.image && { ...ec2.image, minVolumeGb: 75 };
    await run(settingsOf(), deps);
    expect(ec2.started[0]?.request.volumeGb).toBe(75);
    const written = settingsOf({ volumeGb: 20 });
    const lines = { 'train.runs.box.volume-gb': 9 };
    await expect(run({ ...written, force: true, spec: { ...written.spec, lines } }, deps)).rejects.toThrow(
      /It is 20 GB.*needs 75 GB/,
    );
    ec2.image = undefined;
    await expect(run({ ...settingsOf(), force: true }, deps)).rejects.toThrow(/publishes none of these machine images/);
    expect(world.records.size).toBe(1);
  });
});

describe('a cancel at every call', () => {
  test('leaves no machine, and a final record', async () => {
    const calls = await (async () => {
      const { world, ec2, deps } = open();
      ec2.fates = [{ trains: 8 }];
      await run(settingsOf(), deps);
      return world.calls.length;
    })();
    expect(calls).toBeGreaterThan(20);
    let ended = 0;
    for (let at = 0; at < calls; at += 1) {
      for (const moment of ['before', 'after'] as const) {
        const { world, ec2 } = open();
        ec2.fates = [{ trains: 8 }];
        const cancel = new AbortController();
        let seen = -1;
        world.hook = (_call, when) => {
          if (when === 'before') seen += 1;
          if (seen === at && when === moment) cancel.abort();
        };
        const deps = createEc2Deps(ec2, { signal: cancel.signal });
        await run(settingsOf(), deps).catch(() => undefined);
        world.hook = () => undefined;
        const state = findState(deps.step, 'train-on-ec2');
        if (state) await endRuns(state, createEc2Deps(ec2));
        expect({ at, moment, living: living(ec2).map(({ id }) => id) }).toEqual({ at, moment, living: [] });
        const unfinished = [...world.records.values()].filter(
          ({ state: { status } }) => !['completed', 'stopped'].includes(status),
        );
        ended += ec2.started.filter(({ terminated }) => terminated !== undefined).length;
        expect({ at, moment, open: unfinished.map((record) => record.state) }).toEqual({ at, moment, open: [] });
      }
    }
    expect(ended).toBeGreaterThan(20);
  });
});
