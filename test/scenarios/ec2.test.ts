import { expect, test } from '@jest/globals';
import {
  action,
  getOnlyError,
  inEc2World,
  interrupt,
  killAtLaunch,
  listInstances,
  onEc2,
  statesOf,
  untilSaid,
  untilTerminated,
} from '../support/ec2.ts';
import { bucket, pullNumber } from '../support/facts.ts';
import { expectExit } from '../support/serving.ts';
import { annotations, messages } from '../support/stable.ts';
import { until } from '../support/until.ts';

const withoutHyperparameters = (text: string) => text.replace(/hyperparameters: .*/, '');

/** Computes for some seconds and says for how many by the clock and by the processor. */
const busy = `
import os, time

begun = time.monotonic()
while time.monotonic() < begun + 3:
    sum(i * i for i in range(20000))
print(f'took {time.monotonic() - begun:.3f} s, computed {time.process_time():.3f} s')
print('test loss: 0.2500')
with open(os.path.join(os.environ['SM_MODEL_DIR'], 'model'), 'w') as file:
    file.write('42')
`;

/** Writes 5 MB, and closes the file when it cannot. */
const greedy = `
import os

with open(os.path.join(os.environ['SM_MODEL_DIR'], 'model'), 'wb') as file:
    for _ in range(50):
        file.write(bytes(100000))
`;

/** 18 minutes: the run's minute, two for its end, fifteen to start, download and upload; here nine seconds. */
const deadMans = { minutes: 18, minuteSeconds: 0.5 };

test.concurrent('trains on a machine that ends, and log, record, money and comment agree with it', () =>
  inEc2World({}, async ({ cloud, job, project, recordsOf, count }) => {
    const files = { 'model/train.py': busy };
    const step = job({ project: project(onEc2({ files, spec: withoutHyperparameters })) });
    const main = await step.step(action).done;
    expectExit(main);
    await untilTerminated(cloud);
    expectExit(await step.afterStep(action, main).done);
    expectExit(await step.report().done);

    const [instance, ...others] = await listInstances(cloud);
    expect(others).toEqual([]);
    expect(await count('RunInstances')).toBe(1);
    const [record] = await recordsOf(step.runId);
    const [machine] = record?.ec2?.machines ?? [];
    expect(record).toMatchObject({
      on: 'ec2',
      rehearsal: true,
      state: { status: 'completed' },
      machine: { instanceType: 'm5.large', vcpus: 2 },
      transitions: ['Starting', 'Downloading', 'Training', 'Uploading', 'Completed'].map((status) => ({ status })),
      curves: [{ name: 'test-loss' }],
      utilisation: { coverage: 'complete' },
      warnings: [],
    });
    expect(machine).toMatchObject({ id: instance?.InstanceId, instanceType: 'm5.large', spot: false });

    // EC2 tells whole seconds.
    const launched = Date.parse(machine?.launched ?? '');
    expect(Math.floor(launched / 1000)).toBe(Math.floor(Date.parse(String(instance?.LaunchTime)) / 1000));
    const seconds = (Date.parse(machine?.ended ?? '') - launched) / 1000;
    expect(seconds).toBeGreaterThan(record?.trainingSeconds ?? Infinity);
    expect(seconds).toBeLessThan(main.seconds);

    // What the script has measured of itself; beside it the launcher computes a little.
    const [, took = NaN, computed = NaN] = (/took ([0-9.]+) s, computed ([0-9.]+) s/.exec(main.log) ?? []).map(Number);
    expect(record?.trainingSeconds).toBeGreaterThan(took);
    expect(record?.trainingSeconds).toBeLessThan(took + 3);
    const cpu = record?.utilisation.hosts[0]?.cpu ?? [];
    const share = cpu.reduce((sum, { percent }) => sum + percent, 0) / cpu.length / 100;
    const coreSeconds = share * 2 * (record?.trainingSeconds ?? NaN);
    expect(coreSeconds).toBeGreaterThan(0.8 * computed);
    expect(coreSeconds).toBeLessThan(1.3 * computed + 0.7);

    // A minute at least: m5.large is 0.096 USD an hour, 30 GB of gp3 are 0.08 USD a GB and month.
    const billed = Math.max(60, seconds);
    const { price } = machine ?? {};
    const usdPerHour = price?.kind === 'known' ? price.usdPerHour : NaN;
    expect(usdPerHour).toBe(0.096);
    expect(record?.billedSeconds).toBeCloseTo(billed, 3);
    const volumesUsd = ((record?.asked.volumeGb ?? NaN) * 0.08 * billed) / 3600 / 730;
    expect(record?.ec2?.volumesUsd).toBeCloseTo(volumesUsd, 9);
    expect(record?.costUsd).toBeCloseTo((usdPerHour * billed) / 3600 + volumesUsd, 9);
    expect(Number(main.outputs['cost-usd'])).toBeCloseTo(record?.costUsd ?? NaN, 6);

    expect(main.outputs['model']).toBe(`s3://${bucket}/trainyard/pr/${pullNumber}/jobs/${record?.name}/output/model.tar.gz`);
    for (const words of ['test loss: 0.2500', instance?.InstanceId ?? '?', 'box: completed']) expect(main.log).toContain(words);
    const [comment] = await cloud.comments();
    expect(comment?.body).toContain('✅');
    expect(comment?.body).toContain('m5.large');

    const asked = (await cloud.journal()).find(({ operation }) => operation === 'RunInstances')?.input;
    expect(asked).toMatchObject({
      InstanceInitiatedShutdownBehavior: 'terminate',
      MetadataOptions: { HttpTokens: 'required' },
      IamInstanceProfile: { Name: 'octo-box' },
    });
    expect(asked).not.toHaveProperty('KeyName');
    const tagged = (asked as { TagSpecifications: { ResourceType: string; Tags: { Key: string; Value: string }[] }[] })
      .TagSpecifications;
    expect(tagged.map(({ ResourceType }) => ResourceType)).toEqual(
      expect.arrayContaining(['instance', 'volume', 'network-interface']),
    );
    for (const { Tags } of tagged) expect(Tags).toContainEqual({ Key: 'trainyard:job', Value: record?.name });
  }));

test.concurrent('a script that exits with 3 fails the step in one annotation, and its machine ends', () =>
  inEc2World({}, async ({ cloud, job, project, recordsOf }) => {
    const step = job({ project: project(onEc2({ hyperparameters: { 'exit-code': 3 } })) });
    const main = await step.step(action).done;
    expect(getOnlyError(main)).toContain('train.py exited with code 3.');
    await untilTerminated(cloud);
    const [record] = await recordsOf(step.runId);
    expect(record).toMatchObject({ state: { status: 'failed' }, billedSeconds: expect.any(Number), costUsd: expect.any(Number) });
    expect(record).not.toHaveProperty('model');
  }));

test.concurrent('a script that fills the disk fails with what to raise, and its machine ends', () =>
  inEc2World({ largestFileMb: 2 }, async ({ cloud, job, project }) => {
    const files = { 'model/train.py': greedy };
    const main = await job({ project: project(onEc2({ files, spec: withoutHyperparameters })) }).step(action).done;
    const error = getOnlyError(main);
    expect(error).toContain('train.py exited with code 1: The script had no more room to write.');
    expect(error).toMatch(/^Fix: Raise volume-gb of this run in trainyard\.yml\.$/m);
    await untilTerminated(cloud);
  }));

test.concurrent('a type without capacity is left for the next one', () =>
  inEc2World({ noCapacity: [{ instanceType: 'm5.large' }] }, async ({ cloud, job, project, recordsOf }) => {
    const step = job({ project: project(onEc2({}, 'instance-type: [m5.large, m5.xlarge]')) });
    const main = await step.step(action).done;
    expectExit(main);
    expect(messages(main.log, 'warning')).toMatch(/m5\.large.*Trying m5\.xlarge/s);
    const [record] = await recordsOf(step.runId);
    expect(record).toMatchObject({
      state: { status: 'completed' },
      machine: { instanceType: 'm5.xlarge', vcpus: 4 },
      price: { usdPerHour: 0.192 },
      ec2: { machines: [{ instanceType: 'm5.xlarge' }] },
    });
    await untilTerminated(cloud);
  }));

test.concurrent.each([
  { what: 'capacity anywhere', options: { noCapacity: [{}] }, says: /capacity/i },
  { what: 'quota', options: { vcpuQuotas: { standard: 0 } }, says: /vCPU/i },
])('without $what the step fails in one annotation and nothing was spent', ({ options, says }) =>
  inEc2World(options, async ({ cloud, job, project, recordsOf, count }) => {
    const step = job({ project: project(onEc2({}, 'instance-type: [m5.large, m5.xlarge]')) });
    const main = await step.step(action).done;
    const error = getOnlyError(main);
    expect(error).toMatch(says);
    expect(error).toMatch(/m5\.large/);
    expectExit(await step.afterStep(action, main).done);
    expect(await count('RunInstances')).toBe(0);
    expect(await listInstances(cloud)).toEqual([]);
    const [record] = await recordsOf(step.runId);
    expect(record?.state.status).toBe('refused');
    expect(record?.costUsd ?? 0).toBe(0);
  }),
);

test.concurrent('a machine image that AWS does not publish is known before anything is written', () =>
  inEc2World({}, async ({ cloud, job, project, recordsOf }) => {
    const parameter = '/aws/service/ami-amazon-linux-latest/no-such-image';
    const step = job({ project: project(onEc2()) });
    const main = await step.step(action, { 'image-parameters': parameter }).done;
    const error = getOnlyError(main);
    expect(error).toContain(parameter);
    expect(error).toContain('image-parameters');
    expect(await recordsOf(step.runId)).toEqual([]);
    const writes = (await cloud.journal()).filter(({ operation }) => /^(Put|Run|Create|Upload|Delete)/.test(operation));
    expect(writes).toEqual([]);
  }));

/** Trains an epoch, keeps it and rests until it is ended; with an epoch to go on from it trains the next and is done. */
const resumable = `
import os, time

path = os.path.join(os.environ['SM_CHECKPOINT_DIR'], 'epoch')
before = int(open(path).read()) if os.path.exists(path) else 0
with open(path, 'w') as file:
    file.write(str(before + 1))
print(f'epoch {before + 1} is kept')
if before == 0:
    time.sleep(300)
with open(os.path.join(os.environ['SM_MODEL_DIR'], 'model'), 'w') as file:
    file.write(str(before + 1))
`;

test.concurrent('a spot machine that EC2 takes back is followed by one that goes on, and the record has the cost of both', () =>
  inEc2World({}, async ({ cloud, job, project, recordsOf, count }) => {
    const files = { 'model/train.py': resumable };
    const step = job({ project: project(onEc2({ files, spec: withoutHyperparameters }, 'instance-type: m5.large, spot: true')) });
    const running = step.step(action);
    await untilSaid(running, 'epoch 1 is kept');
    const [first] = await listInstances(cloud);
    expect(first?.InstanceLifecycle).toBe('spot');
    await interrupt(cloud, first?.InstanceId ?? '');
    const main = await running.done;
    expectExit(main);
    await untilTerminated(cloud);
    expect(main.log).toContain('epoch 2 is kept');
    const told = ['EC2 takes this spot machine back', 'EC2 took the spot machine', 'epoch 2 is kept'];
    expect(told.map((words) => main.log.indexOf(words))).toEqual(
      told.map((words) => main.log.indexOf(words)).toSorted((a, b) => a - b),
    );
    expect(main.log).toContain(told[0]);
    expect(messages(main.log, 'warning')).toMatch(/took the spot machine .* back .*interruption 1/s);
    expect(annotations(main.log).filter(({ level }) => level === 'error')).toEqual([]);
    expect(await count('RunInstances')).toBe(2);

    const [record, ...more] = await recordsOf(step.runId);
    expect(more).toEqual([]);
    expect(record).toMatchObject({ state: { status: 'completed' }, model: expect.stringContaining('model.tar.gz') });
    const machines = record?.ec2?.machines ?? [];
    const instances = (await listInstances(cloud)).map(({ InstanceId }) => InstanceId);
    expect(machines.map(({ id }) => id)).toEqual(expect.arrayContaining(instances));
    expect(machines).toHaveLength(2);
    expect(machines[0]?.id).toBe(first?.InstanceId);
    const money = machines.map(({ price, billedSeconds = NaN }) => {
      expect(price).toMatchObject({ kind: 'known', source: 'spot-history' });
      return (billedSeconds / 3600) * (price.kind === 'known' ? price.usdPerHour : NaN);
    });
    const usd = money.reduce((sum, one) => sum + one, record?.ec2?.volumesUsd ?? NaN);
    expect(record?.costUsd).toBeCloseTo(usd, 9);
    expect(record?.billedSeconds).toBeGreaterThanOrEqual(120);
  }));

test.concurrent('a step that is killed while it launches, without a post, leaves a machine that ends by itself', () =>
  inEc2World({ minuteSeconds: deadMans.minuteSeconds }, async ({ cloud, job, project }) => {
    const step = job({ project: project(onEc2({ hyperparameters: { rest: 300 } })) });
    await killAtLaunch(cloud, step);
    const launched = Date.now();
    await until('the machine to run', async () => (await statesOf(cloud))[0] === 'running' || undefined);
    const limit = deadMans.minutes * deadMans.minuteSeconds;
    await untilTerminated(cloud, limit + 30);
    expect((Date.now() - launched) / 1000).toBeGreaterThan(limit - 1);
    expect(await listInstances(cloud)).toMatchObject([{ StateReason: { Code: 'Client.InstanceInitiatedShutdown' } }]);
  }));

test.concurrent('the post of a step that was killed while it launched ends the machine within seconds', () =>
  inEc2World({}, async ({ cloud, job, project, recordsOf }) => {
    const step = job({ project: project(onEc2({ hyperparameters: { rest: 300 } })) });
    const main = await killAtLaunch(cloud, step);
    const post = await step.afterStep(action, main).done;
    expectExit(post);
    expect(post.seconds).toBeLessThan(30);
    await untilTerminated(cloud, 10);
    expect(await listInstances(cloud)).toMatchObject([{ StateReason: { Code: 'Client.UserInitiatedShutdown' } }]);
    const [record] = await recordsOf(step.runId);
    expect(record).toMatchObject({ state: { status: 'stopped' }, ec2: { machines: [{ billedSeconds: expect.any(Number) }] } });
    expect(record?.costUsd).toBeGreaterThan(0);
  }));

test.concurrent('what a lost runner started goes on without it, and a later run collects', () =>
  inEc2World({}, async ({ cloud, job, project, recordsOf, count }) => {
    const shared = project(onEc2({ hyperparameters: { seconds: 2 } }));
    const first = job({ project: shared });
    await killAtLaunch(cloud, first);
    await untilTerminated(cloud, 60);
    expect((await recordsOf(first.runId))[0]?.state.status).not.toBe('completed');

    const later = job({ project: shared, runId: first.runId, attempt: 2 });
    const main = await later.step(action).done;
    expectExit(main);
    expectExit(await later.afterStep(action, main).done);
    expect(await count('RunInstances')).toBe(1);
    const [record, ...more] = await recordsOf(first.runId);
    expect(more).toEqual([]);
    expect(record).toMatchObject({ state: { status: 'completed' }, model: main.outputs['model'] });
    expect(record?.costUsd).toBeGreaterThan(0);
    expect(main.log).toContain('test loss: 0.2500');
  }));

test.concurrent('the report of a run whose runner was lost collects what its machine has done and cost', () =>
  inEc2World({}, async ({ cloud, job, project, recordsOf }) => {
    const step = job({ project: project(onEc2()) });
    await killAtLaunch(cloud, step);
    await untilTerminated(cloud, 60);
    expectExit(await step.report().done);
    const [record] = await recordsOf(step.runId);
    expect(record).toMatchObject({ state: { status: 'completed' }, model: expect.stringContaining('model.tar.gz') });
    expect(record?.costUsd).toBeGreaterThan(0);
    const [comment] = await cloud.comments();
    expect(comment?.body).toContain('✅');
    expect(comment?.body).toContain(record?.ec2?.machines[0]?.id);
  }));

test.concurrent('an answer of EC2 that got lost does not make a second machine', () =>
  inEc2World({}, async ({ cloud, job, project, recordsOf }) => {
    const lost = { service: 'ec2', operation: 'RunInstances', when: 'after', effect: { kind: 'reset' } } as const;
    await cloud.addFault({ id: 'lost', nth: 1, ...lost });
    const step = job({ project: project(onEc2()) });
    expectExit(await step.step(action).done);
    const asked = (await cloud.journal()).filter(({ operation }) => operation === 'RunInstances');
    expect(asked.length).toBeGreaterThan(1);
    const [instance, ...others] = await listInstances(cloud);
    expect(others).toEqual([]);
    const [record] = await recordsOf(step.runId);
    expect(record).toMatchObject({ state: { status: 'completed' }, ec2: { machines: [{ id: instance?.InstanceId }] } });
    await untilTerminated(cloud);
  }));

test.concurrent('wait: false leaves the machine alone, and a later run of the commit takes it over', () =>
  inEc2World({}, async ({ cloud, job, project, recordsOf, count }) => {
    const shared = project(onEc2({ hyperparameters: { rest: 6 } }));
    const first = job({ project: shared });
    const main = await first.step(action, { wait: 'false' }).done;
    expectExit(main);
    expectExit(await first.afterStep(action, main, { wait: 'false' }).done);
    expect(await count('TerminateInstances')).toBe(0);
    expect(await recordsOf(first.runId)).toMatchObject([{ state: { status: 'submitted' }, handedOver: true }]);
    await untilTerminated(cloud, 60);

    const second = job({ project: shared });
    const later = await second.step(action).done;
    expectExit(later);
    expect(await count('RunInstances')).toBe(1);
    const [record] = await recordsOf(first.runId);
    expect(record).toMatchObject({ state: { status: 'completed' }, model: later.outputs['model'] });
    expect(record).not.toHaveProperty('handedOver');
    expect(record?.costUsd).toBeGreaterThan(0);
    expect(await recordsOf(second.runId)).toEqual([]);
  }));

/** Says everything it was given in a form that nothing on the way changes. */
const echo = `
import json, os, sys

names = sorted(os.listdir(os.environ['SM_CHANNEL_TRAINING']))
print('given ' + json.dumps({'arguments': sys.argv[1:], 'variable': os.environ['NOTE'], 'files': names}).encode().hex())
`;

test.concurrent('quotes, $(…), newlines and spaces reach the script as they are', () =>
  inEc2World({}, async ({ job, project }) => {
    const values = {
      quotes: `it's "quoted" \`id\` \\`,
      command: '$(touch /tmp/trainyard-was-here) ; shutdown -c & ${HOME} %s',
      lines: 'first\nsecond\n::error::third\nEOF',
      spaces: '  --two  spaces ',
    };
    const file = `it's $(exit 1) "one".csv`;
    const files = { 'model/train.py': echo, [`data/${file}`]: '1,2\n' };
    const spec = (text: string) =>
      text
        .replace(/hyperparameters: .*/, () => `hyperparameters: ${JSON.stringify(values)}`)
        .replace('metrics:', () => `environment: { NOTE: ${JSON.stringify(values.quotes)} }\nmetrics:`);
    const main = await job({ project: project(onEc2({ files, spec })) }).step(action).done;
    expectExit(main);
    const given: unknown = JSON.parse(Buffer.from(/given ([0-9a-f]+)/.exec(main.log)?.[1] ?? '', 'hex').toString());
    const names = (['command', 'lines', 'quotes', 'spaces'] as const).flatMap((name) => [`--${name}`, values[name]]);
    expect(given).toEqual({ arguments: names, variable: values.quotes, files: [file, 'part-1.csv'].toSorted() });
  }));
