import { isFinal } from '../../src/records/record.ts';
import { createProject, type Job, startJob } from './job.ts';
import { type LocalCloud, startLocalCloud } from './local-cloud.ts';
import { processesUsing } from './processes.ts';
import { isRead, listDistinct } from './reads.ts';
import type { StepOutcome } from './step.ts';

/** Cancels at once, side by side: each has a cloud of its own, so that no call of one is counted for another. */
const sideBySide = 5;

type When =
  | { kind: 'never' }
  /** The nth of all calls, or of those of one operation. */
  | { kind: 'call'; service?: string; operation?: string; nth: number; edge: 'before' | 'after' }
  | { kind: 'instant'; seconds: number };

/** What is true after main and post of a cancelled run; anything else is a leak or a lie. */
export interface Aftermath {
  when: string;
  /** Exit code of post. */
  post: number | null;
  /** Main did not end by itself in the time that GitHub gives. */
  killed: boolean;
  unfinishedJobs: string[];
  openRecords: string[];
  /** Jobs that no record names: nobody would ever ask for their end or add up their cost. */
  unknownJobs: string[];
  /** Words of the comment that would be untrue now. */
  untrue: string[];
  processes: string[];
}

export const clean = (when: string): Aftermath => ({
  when,
  post: 0,
  killed: false,
  unfinishedJobs: [],
  openRecords: [],
  unknownJobs: [],
  untrue: [],
  processes: [],
});

export interface Cancels {
  /**
   * A run that nobody cancels and its seconds. `before`: the edge before every call, of polling once; `afterWrites`: the edge after
   * every call that changes something; after a read all is as before the next call.
   */
  measure(): Promise<{ aftermath: Aftermath; before: When[]; afterWrites: When[]; seconds: number }>;
  /** Cancels at each of these, a few side by side, and returns those that left anything. */
  findLeaks(whens: readonly When[]): Promise<Aftermath[]>;
  /** Ends the clouds and returns what is left of them. */
  close(): Promise<string[]>;
}

/** Runs of one small project, each cancelled at another moment. */
export async function startCancels(weather: 'calm' | 'aws-like'): Promise<Cancels> {
  const clouds = await Promise.all(Array.from({ length: sideBySide }, () => startLocalCloud({ weather })));
  let runId = 0;

  async function cancelled(cloud: LocalCloud, when: When): Promise<Aftermath> {
    runId += 1;
    const run = String(runId);
    const project = createProject({ hyperparameters: { say: `run ${run}` } });
    const job = startJob({ cloud, project, runId: run });
    try {
      await cloud.clearFaults();
      const main = await runMain(cloud, job, when);
      await cloud.clearFaults();
      const post = await job.afterTrain(main).done;
      return await look(cloud, describe(when), run, post.exitCode, main.signal === 'SIGKILL');
    } finally {
      job.remove();
      project.remove();
    }
  }

  return {
    async measure() {
      const cloud = clouds[0];
      if (!cloud) throw new Error('There is no cloud.');
      const before = (await cloud.journal()).length;
      const started = Date.now();
      const aftermath = await cancelled(cloud, { kind: 'never' });
      const seconds = (Date.now() - started) / 1000;
      const calls = (await cloud.journal()).slice(before);
      return { aftermath, before: listBefore(calls), afterWrites: listAfterWrites(calls), seconds };
    },
    async findLeaks(whens) {
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
    },
    async close() {
      await Promise.all(clouds.map((cloud) => cloud.close()));
      return clouds.flatMap(({ folder }) => processesUsing(folder).map(({ command }) => command));
    },
  };
}

function listBefore(calls: readonly { operation: string }[]): When[] {
  return listDistinct(calls.map(({ operation }) => operation)).map((nth) => ({ kind: 'call', nth, edge: 'before' }));
}

function listAfterWrites(calls: readonly { service: string; operation: string }[]): When[] {
  const seen = new Map<string, number>();
  return calls.flatMap(({ service, operation }): When[] => {
    if (isRead(operation)) return [];
    const key = `${service} ${operation}`;
    const nth = (seen.get(key) ?? 0) + 1;
    seen.set(key, nth);
    return [{ kind: 'call', service, operation, nth, edge: 'after' }];
  });
}

async function runMain(cloud: LocalCloud, job: Job, when: When): Promise<StepOutcome> {
  if (when.kind === 'call') {
    const effect = { kind: 'pause' } as const;
    const { service = '*', operation = '*', nth, edge } = when;
    await cloud.addFault({ id: 'cancel', service, operation, nth, when: edge, effect });
  }
  const step = job.train();
  if (when.kind === 'never') return step.done;
  if (when.kind === 'instant') {
    await Promise.race([new Promise((resolve) => setTimeout(resolve, when.seconds * 1000)), step.done]);
    return step.cancel();
  }
  const held = await Promise.race([cloud.paused(30_000), step.done.then(() => undefined)]);
  const ending = step.cancel();
  if (held !== undefined) await cloud.release(held);
  return ending;
}

async function look(cloud: LocalCloud, when: string, run: string, post: number | null, killed: boolean): Promise<Aftermath> {
  const jobs = await cloud.trainingJobs();
  const all = await cloud.records();
  const records = all.filter((record) => record.workflow.runId === run);
  const comments = (await cloud.comments()).filter(({ body }) => body.includes(`trainyard-run:${run}:`));
  return {
    when,
    post,
    killed,
    unfinishedJobs: jobs
      .filter(({ TrainingJobStatus: status }) => status === 'InProgress' || status === 'Stopping')
      .map((job) => job.TrainingJobName),
    openRecords: records.filter(({ state }) => !isFinal(state)).map(({ name, state }) => `${name} ${state.status}`),
    unknownJobs: jobs.filter((job) => !all.some(({ name }) => name === job.TrainingJobName)).map((job) => job.TrainingJobName),
    untrue: comments.flatMap(({ body }) =>
      ['not yet confirmed', 'still running', 'stop requested'].filter((words) => body.includes(words)),
    ),
    processes: processesUsing(cloud.folder)
      .map(({ command }) => command)
      .filter((command) => !command.includes('cloud-process')),
  };
}

function describe(when: When): string {
  if (when.kind === 'never') return 'never';
  if (when.kind === 'instant') return `after ${when.seconds.toFixed(2)} s`;
  return `${when.edge} call ${when.nth}${when.operation === undefined ? '' : ` of ${when.operation}`}`;
}
