import { expect, test } from '@jest/globals';
import type { RunRecord } from '../../src/records/record.ts';
import { inWorld, weathers } from '../support/world.ts';

/** Units of work that the hosts of a job divide; each says how many it did, and what they took of a processor. */
const sharing = `
import json, os, time
hosts = json.loads(os.environ['SM_HOSTS'])
rank = hosts.index(os.environ['SM_CURRENT_HOST'])
done = 0
for unit in range(rank, 400, len(hosts)):
    sum(i * i for i in range(60000))
    done += 1
print(f'host {rank} of {len(hosts)} did {done} units')
with open(os.path.join(os.environ['SM_MODEL_DIR'], f'part-{rank}'), 'w') as file:
    file.write(str(done))
`;

/** Three seconds of a processor, then nothing until six have passed on the clock. */
const burning = `
import os, time
start = time.monotonic()
while time.process_time() < 3:
    sum(i * i for i in range(20000))
time.sleep(max(0, 6 - (time.monotonic() - start)))
open(os.path.join(os.environ['SM_MODEL_DIR'], 'model'), 'w').write('x')
print(f'wall seconds: {time.monotonic() - start:.3f}')
print(f'cpu seconds: {time.process_time():.3f}')
`;

/** Core-seconds of a host by its record: each sample counts until the next one, the last until the end. */
function getCoreSeconds(record: RunRecord, host: number): number {
  const samples = record.utilisation.hosts[host]?.cpu ?? [];
  const end = record.trainingSeconds ?? 0;
  const vcpus = record.machine.vcpus ?? 0;
  return samples.reduce((sum, { at, percent }, index) => {
    const seconds = Math.max(0, Math.min(samples[index + 1]?.at ?? end, end) - at);
    return sum + (percent / 100) * vcpus * seconds;
  }, 0);
}

test.concurrent.each(weathers)('a stopwatch agrees with duration, bill, cost and CPU, in %s weather', (weather) =>
  inWorld(weather, {}, async ({ job, project, recordsOf }) => {
    const step = job({
      project: project({ files: { 'model/train.py': burning }, spec: (text) => text.replace(/hyperparameters.*/, '') }),
    });
    const main = await step.train().done;
    expect(main.exitCode).toBe(0);
    const wall = Number(/wall seconds: ([\d.]+)/.exec(main.log)?.[1]);
    const cpu = Number(/cpu seconds: ([\d.]+)/.exec(main.log)?.[1]);
    expect(wall).toBeGreaterThanOrEqual(6);
    const [record] = await recordsOf(step.runId);
    if (!record) throw new Error('There is no record.');

    // Before and after the script there are the download, two interpreters and the upload; on a busy machine a few seconds.
    expect(record.trainingSeconds).toBeGreaterThanOrEqual(Math.floor(wall));
    expect(record.trainingSeconds).toBeLessThanOrEqual(wall + 5);
    const lasted = (Date.parse(record.times.trainingEnded ?? '') - Date.parse(record.times.trainingStarted ?? '')) / 1000;
    expect(Math.abs(lasted - (record.trainingSeconds ?? 0))).toBeLessThanOrEqual(1);
    expect(record.billedSeconds).toBe(record.trainingSeconds);
    expect(record.costUsd).toBeCloseTo(((record.billedSeconds ?? 0) * 0.23) / 3600, 12);

    // The script's own count, and at most a second more for the launcher and for starting Python; a tenth for the last sample.
    expect(record.utilisation.coverage).toBe('complete');
    const measured = getCoreSeconds(record, 0);
    expect(measured).toBeGreaterThanOrEqual(cpu * 0.9);
    expect(measured).toBeLessThanOrEqual(cpu * 1.1 + 1);
  }),
);

test.concurrent.each(weathers)(
  'two runs of two instances share their work, and each host is measured, in %s weather',
  (weather) =>
    inWorld(weather, {}, async ({ job, project, recordsOf, cloud }) => {
      const two = `    one: { instance-type: ml.m5.large, instance-count: 2 }\n    other: { instance-type: ml.m6i.large, instance-count: 2 }\n`;
      const spec = (text: string) =>
        text.replace(/hyperparameters.*/, '').replace('    single: { instance-type: ml.m5.xlarge }\n', two);
      const step = job({ project: project({ files: { 'model/train.py': sharing }, spec }) });
      const main = await step.train().done;
      expect(main.exitCode).toBe(0);
      for (const rank of [0, 1]) expect(main.log.split(`host ${rank} of 2 did 200 units`)).toHaveLength(3);

      const records = await recordsOf(step.runId);
      expect(records.map(({ label }) => label).toSorted()).toEqual(['one', 'other']);
      for (const record of records) {
        expect(record).toMatchObject({ state: { status: 'completed' }, machine: { instanceCount: 2, vcpus: 2 } });
        expect(record.utilisation).toMatchObject({ coverage: 'complete', hosts: [{ host: 'algo-1' }, { host: 'algo-2' }] });
        const first = getCoreSeconds(record, 0);
        const second = getCoreSeconds(record, 1);
        expect(Math.min(first, second)).toBeGreaterThan(0.2);
        expect(Math.max(first, second) / Math.min(first, second)).toBeLessThan(2);
        const usdPerHour = record.price.kind === 'known' ? record.price.usdPerHour : Number.NaN;
        expect(record.costUsd).toBeCloseTo((2 * (record.billedSeconds ?? 0) * usdPerHour) / 3600, 12);
      }
      expect((await step.report().done).exitCode).toBe(0);
      const [comment] = await cloud.comments();
      expect(comment?.body).toContain('2 × `ml.m5.large`');
      expect(comment?.body).toContain('2 × `ml.m6i.large`');
    }),
);
