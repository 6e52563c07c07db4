import { readMark } from '../../src/serving/promotion-mark.ts';
import { headCommit } from './facts.ts';
import { createProject, type Job, startJob } from './job.ts';
import { type LocalCloud, startLocalCloud } from './local-cloud.ts';
import { processesUsing } from './processes.ts';
import { isRead, listDistinct } from './reads.ts';
import {
  aliasesOf,
  ask,
  call,
  deploy,
  expectExit,
  functionName,
  promote,
  putModel,
  resourcesOf,
  roles,
  served,
} from './serving.ts';
import type { RunningStep } from './step.ts';
import { until } from './until.ts';

const actions = ['deploy-endpoint', 'configure-scaling', 'smoke-invoke', 'promote-endpoint'] as const;
type Action = (typeof actions)[number];

export interface Cancel {
  readonly action: Action;
  /** Without one calls of every operation count. */
  readonly operation?: string;
  readonly nth: number;
  readonly edge: 'before' | 'after';
}

/** What two machines' cores carry side by side; each lane has a cloud of its own, so that no call of one is counted for another. */
const lanes = 4;
/** AWS takes its time to delete an endpoint. */
const goneSeconds = 30;

export interface ReleaseCancels {
  /** Every edge of every call of one release that nobody cancels, of polling once; after a read all is as before the next call. */
  listCancels(): Promise<Cancel[]>;
  /** Cancels at each of these, a few side by side, releases once more, sweeps once, and returns whatever is not as it should be. */
  findLeaks(cancels: readonly Cancel[]): Promise<string[]>;
  /** Ends the clouds and returns the processes that are left. */
  close(): Promise<string[]>;
}

export async function startReleaseCancels(weather: 'calm' | 'aws-like'): Promise<ReleaseCancels> {
  const clouds = await Promise.all(
    Array.from({ length: lanes }, () =>
      startLocalCloud({ weather, roles, training: { serving: { quotas: { 'ml.m5.large': 200 } } } }),
    ),
  );
  const opened = await Promise.all(clouds.map(openLane));
  const [first] = opened;
  if (!first) throw new Error('There is no cloud.');
  return {
    async listCancels() {
      const found: Cancel[] = [];
      for (const action of actions) {
        const calls = await first.listCalls(action);
        for (const nth of listDistinct(calls)) {
          found.push({ action, nth, edge: 'before' });
          if (!isRead(calls[nth - 1] ?? '')) found.push({ action, nth, edge: 'after' });
        }
      }
      return found;
    },
    async findLeaks(cancels) {
      const waiting = [...cancels];
      const leaks = await Promise.all(
        opened.map(async (lane) => {
          try {
            for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await lane.cancel(next);
            return await lane.finish();
          } catch (error) {
            return [String(error)];
          }
        }),
      );
      return leaks.flat();
    },
    async close() {
      await Promise.all(opened.map((lane) => lane.close()));
      return clouds.flatMap(({ folder }) => processesUsing(folder).map(({ command }) => command));
    },
  };
}

const scaling = `endpoint: { min: 1, max: 2, invocations-per-minute: 600 }
lambda: { provisioned: 1 }`;

/** One cloud with a live release, in which releases follow each other and are cancelled. */
async function openLane(cloud: LocalCloud) {
  const model = await putModel(cloud);
  const opened: { remove(): void }[] = [];
  const leaks: string[] = [];
  let factor = 0;
  let run = 0;
  /** What waits for its promotion, with a long time to live. */
  let candidate: { version: string; job: Job } | undefined;

  const next = (keepPrevious = '1s'): Job => {
    factor += 1;
    run += 1;
    const project = createProject(served({ factor, scaling, serve: `keep-previous: ${keepPrevious}` }));
    const job = startJob({ cloud, project, runId: String(run), event: 'tag', commit: headCommit });
    opened.push(project, job);
    return job;
  };

  const initial = next();
  await deploy(initial, { model });
  expectExit(await promote(initial));

  const jobOfCandidate = async (): Promise<Job | undefined> => {
    const names = await aliasesOf(cloud);
    return candidate && names['candidate'] === candidate.version && names['live'] !== candidate.version
      ? candidate.job
      : undefined;
  };

  const jobWithCandidate = async (): Promise<Job> => {
    const waiting = await jobOfCandidate();
    if (waiting) return waiting;
    const job = next();
    const { outputs } = await deploy(job, { model });
    candidate = { version: outputs['version'] ?? '', job };
    return job;
  };

  /** A step that is about to do all it can. */
  const prepare = async (action: Action): Promise<{ job: Job; inputs: Record<string, string> }> => {
    if (action === 'deploy-endpoint') return { job: next(), inputs: { model, 'candidate-ttl': '1s' } };
    const job = await jobWithCandidate();
    if (action === 'configure-scaling') await forgetScaling(cloud, candidate?.version ?? '');
    return { job, inputs: {} };
  };

  return {
    async listCalls(action: Action): Promise<string[]> {
      const { job, inputs } = await prepare(action);
      const before = (await cloud.journal()).length;
      const main = expectExit(await job.step(action, inputs).done);
      const calls = (await cloud.journal()).slice(before);
      if (hasPost.has(action)) expectExit(await job.afterStep(action, main, inputs).done);
      return calls.map(({ operation }) => operation);
    },

    async cancel({ action, operation, nth, edge }: Cancel): Promise<void> {
      const what = `${action}, ${edge} ${operation ?? 'call'} ${nth}`;
      const { job, inputs } = await prepare(action);
      const effect = { kind: 'pause' } as const;
      await cloud.addFault({ id: 'cancel', service: '*', operation: operation ?? '*', nth, when: edge, effect });
      const { main, held } = await cancelWhenHeld(cloud, job.step(action, inputs));
      if (!held && operation !== undefined) leaks.push(`${what}: it was never called, so nothing was tried`);
      await cloud.clearFaults();
      // A signal that comes with the answer to the last call finds all done: that is then what the step says. So it is with a promotion
      // that live had verified, which is brought to its end.
      const completed = main.exitCode === 0 || main.outputs['outcome'] === 'promoted';
      if (held && !completed && (main.exitCode !== 1 || !main.log.includes('cancelled')))
        leaks.push(`${what}: main ended with ${main.exitCode} and does not say that it was cancelled: ${main.log}`);
      if (main.signal === 'SIGTERM' || main.signal === 'SIGKILL')
        leaks.push(`${what}: main did not end by itself (${main.signal})`);
      if (!hasPost.has(action)) return;
      const post = await job.afterStep(action, main, inputs).done;
      if (post.exitCode !== 0) leaks.push(`${what}: post ended with ${post.exitCode}: ${post.log}`);
      if (action === 'promote-endpoint') leaks.push(...(await findLies(cloud)).map((lie) => `${what}: ${lie}`));
    },

    /** One more release is nobody's hostage; after one sweep there is it, what it replaced, and nothing else. */
    async finish(): Promise<string[]> {
      // What still waits for its promotion has a long time to live, so it gets what it waits for.
      const waiting = await jobOfCandidate();
      if (waiting) expectExit(await promote(waiting));
      const last = next('2h');
      const { outputs } = await deploy(last, { model }, 'configure-scaling', 'smoke-invoke');
      const promoted = expectExit(await promote(last));
      if (promoted.outputs['live'] !== outputs['release'])
        leaks.push(`the last release is not live: ${JSON.stringify(promoted.outputs)}`);
      // The shortest time to live is over by then: each promotion takes longer.
      expectExit(await last.step('clean-up').done);
      const kept = [promoted.outputs['live'] ?? '', promoted.outputs['previous'] ?? ''].sort();
      const isSwept = async () => Object.values(await resourcesOf(cloud)).every((names) => names.join() === kept.join());
      await until('what was swept to be gone', async () => ((await isSwept()) ? true : undefined), goneSeconds).catch(
        () => undefined,
      );
      for (const [kind, names] of Object.entries(await resourcesOf(cloud)))
        if (names.join() !== kept.join()) leaks.push(`${kind} after the sweep: ${names.join(', ')}; not ${kept.join(', ')}`);
      const { statusCode, answer } = await call(cloud);
      if (statusCode !== 200 || JSON.stringify(answer) !== JSON.stringify([[42 * factor, 84 * factor]]))
        leaks.push(`live answers ${statusCode} ${JSON.stringify(answer)}`);
      const illegal = (await cloud.journal()).filter((entry) => entry.illegal?.length);
      return [...leaks, ...illegal.map((entry) => `illegal: ${JSON.stringify(entry)}`)];
    },

    async close(): Promise<void> {
      await cloud.close();
      for (const thing of opened) thing.remove();
    },
  };
}

const hasPost = new Set<Action>(['deploy-endpoint', 'promote-endpoint']);

async function cancelWhenHeld(cloud: LocalCloud, step: RunningStep) {
  const held = await Promise.race([cloud.paused(30_000), step.done.then(() => undefined)]);
  const ending = step.cancel();
  if (held !== undefined) await cloud.release(held);
  return { main: await ending, held: held !== undefined };
}

/** Live without a verification, or a deployment that is shown as going on for ever. */
async function findLies(cloud: LocalCloud): Promise<string[]> {
  const live = (await ask(cloud, 'lambda', 'GET', `/2015-03-31/functions/${functionName}/aliases/live`)) as {
    Description: string;
  };
  const { statusCode } = await call(cloud);
  return [
    ...(readMark(live.Description)?.state === 'live' ? [] : [`alias live says "${live.Description}"`]),
    ...(statusCode === 200 ? [] : [`live answers ${statusCode}`]),
    ...(await cloud.deployments())
      .filter(({ statuses }) => statuses.at(-1)?.state === 'in_progress' || statuses.length === 0)
      .map(({ id }) => `deployment ${id} is in progress for ever`),
  ];
}

/** As if configure-scaling had never run, so that it has everything to do. */
async function forgetScaling(cloud: LocalCloud, version: string): Promise<void> {
  const { Environment: environment } = (await ask(
    cloud,
    'lambda',
    'GET',
    `/2015-03-31/functions/${functionName}/configuration?Qualifier=${version}`,
  )) as {
    Environment: { Variables: Record<string, string> };
  };
  const ResourceId = `endpoint/${environment.Variables['TRAINYARD_ENDPOINT']}/variant/all`;
  const target = { ServiceNamespace: 'sagemaker', ScalableDimension: 'sagemaker:variant:DesiredInstanceCount', ResourceId };
  await missingIsFine(() =>
    ask(
      cloud,
      'application-autoscaling',
      'POST',
      '/',
      JSON.stringify(target),
      'AnyScaleFrontendService.DeregisterScalableTarget',
    ),
  );
  await missingIsFine(() =>
    ask(cloud, 'lambda', 'DELETE', `/2019-09-30/functions/${functionName}/provisioned-concurrency?Qualifier=${version}`),
  );
}

async function missingIsFine(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!/NotFound/.test(String(error))) throw error;
  }
}
