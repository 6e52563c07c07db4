import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createRandom } from '../../src/cloud/weather.ts';
import { isFinal } from '../../src/records/record.ts';
import { createProject, startJob } from '../support/job.ts';
import { type LocalCloud, startLocalCloud } from '../support/local-cloud.ts';
import { processesUsing } from '../support/processes.ts';

/** Cancels at once, side by side: each has a cloud of its own, so that no call of one is counted for another. */
const sideBySide = 4;
const instants = 50;

type When = { kind: 'call'; nth: number; edge: 'before' | 'after' } | { kind: 'instant'; seconds: number };

/** What is true after main and post of a cancelled run; anything else is a leak or a lie. */
interface Aftermath {
  when: string;
  exitCodes: (number | null)[];
  unfinishedJobs: string[];
  openRecords: string[];
  /** Words of the comment that would be untrue now. */
  untrue: string[];
  processes: string[];
}

describe.each(['calm', 'aws-like'] as const)('cancelled in %s weather', (weather) => {
  let clouds: LocalCloud[] = [];
  let calls = 0;
  let usualSeconds = 0;
  let runId = 0;

  beforeAll(async () => {
    clouds = await Promise.all(Array.from({ length: sideBySide }, () => startLocalCloud({ weather })));
    const [cloud] = clouds;
    if (!cloud) throw new Error('no cloud');
    const whole = await cancelled(cloud, undefined);
    expect(whole).toEqual(clean(whole.when));
    calls = (await cloud.journal()).length;
  }, 120_000);
  afterAll(async () => {
    await Promise.all(clouds.map((cloud) => cloud.close()));
    expect(clouds.flatMap(({ folder }) => processesUsing(folder))).toEqual([]);
  }, 60_000);

  async function cancelled(cloud: LocalCloud, when: When | undefined): Promise<Aftermath> {
    runId += 1;
    const run = String(runId);
    const project = createProject({
      spec: (text) => text.replace('hyperparameters: {', `hyperparameters: { say: 'run ${run}', `),
    });
    const job = startJob({ cloud, project, runId: run });
    const name =
      when === undefined
        ? 'never'
        : when.kind === 'call'
          ? `${when.edge} call ${when.nth}`
          : `after ${when.seconds.toFixed(2)} s`;
    try {
      await cloud.clearFaults();
      if (when?.kind === 'call') {
        await cloud.addFault({
          id: name,
          service: '*',
          operation: '*',
          nth: when.nth,
          when: when.edge,
          effect: { kind: 'pause' },
        });
      }
      const started = Date.now();
      const step = job.train();
      let main;
      if (when === undefined) {
        main = await step.done;
        usualSeconds = (Date.now() - started) / 1000;
      } else if (when.kind === 'call') {
        const held = await Promise.race([cloud.paused(30_000), step.done.then(() => undefined)]);
        const ending = step.cancel();
        if (held !== undefined) await cloud.release(held);
        main = await ending;
      } else {
        await Promise.race([new Promise((resolve) => setTimeout(resolve, when.seconds * 1000)), step.done]);
        main = await step.cancel();
      }
      await cloud.clearFaults();
      const post = await job.afterTrain(main).done;
      return await look(cloud, name, run, [post.exitCode, main.signal === null ? 0 : null]);
    } finally {
      job.remove();
      project.remove();
    }
  }

  async function look(cloud: LocalCloud, when: string, run: string, exitCodes: (number | null)[]): Promise<Aftermath> {
    const jobs = await cloud.trainingJobs();
    const records = (await cloud.records()).filter((record) => record.workflow.runId === run);
    const comments = (await cloud.comments()).filter(({ body }) => body.includes(`trainyard-run:${run}:`));
    return {
      when,
      exitCodes,
      unfinishedJobs: jobs
        .filter(({ TrainingJobStatus: status }) => status === 'InProgress' || status === 'Stopping')
        .map((job) => job.TrainingJobName),
      openRecords: records.filter(({ state }) => !isFinal(state)).map(({ name, state }) => `${name} ${state.status}`),
      untrue: comments.flatMap(({ body }) =>
        ['not yet confirmed', 'still running', 'stop requested'].filter((words) => body.includes(words)),
      ),
      processes: processesUsing(cloud.folder)
        .map(({ command }) => command)
        .filter((command) => !command.includes('cloud-process')),
    };
  }

  const clean = (when: string): Aftermath => ({
    when,
    exitCodes: [0, 0],
    unfinishedJobs: [],
    openRecords: [],
    untrue: [],
    processes: [],
  });

  /** Runs all, a few side by side, and returns those that left anything. */
  async function findLeaks(whens: readonly When[]): Promise<Aftermath[]> {
    const waiting = [...whens];
    const leaks: Aftermath[] = [];
    await Promise.all(
      clouds.map(async (cloud) => {
        for (let when = waiting.shift(); when !== undefined; when = waiting.shift()) {
          const aftermath = await cancelled(cloud, when);
          if (JSON.stringify(aftermath) !== JSON.stringify(clean(aftermath.when))) leaks.push(aftermath);
        }
      }),
    );
    return leaks;
  }

  test('before and after every call', async () => {
    expect(calls).toBeGreaterThan(20);
    const whens = Array.from({ length: calls }, (_, index) => index + 1).flatMap((nth): When[] => [
      { kind: 'call', nth, edge: 'before' },
      { kind: 'call', nth, edge: 'after' },
    ]);
    expect(await findLeaks(whens)).toEqual([]);
  }, 900_000);

  test(`at ${instants} instants`, async () => {
    const random = createRandom(20_261_122);
    const whens = Array.from({ length: instants }, (): When => ({ kind: 'instant', seconds: random() * usualSeconds }));
    expect(await findLeaks(whens)).toEqual([]);
  }, 900_000);
});
