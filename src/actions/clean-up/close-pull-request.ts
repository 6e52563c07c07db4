import { ActionError, type Problem, throwProblems } from '../../action-error.ts';
import { isFinal, type RunRecord } from '../../records/record.ts';
import type { RecordStore } from '../../records/store.ts';
import type { Log, StepResult } from '../../runner/ports.ts';
import { finishRecord } from '../../training/settling/finish.ts';
import type { SettleDeps } from '../../training/settling/deps.ts';
import { hasEnded, type TrainingJob, type TrainingJobs } from '../../training/ports.ts';
import { waitFor } from '../../time/wait-for.ts';

export interface CloseDeps extends SettleDeps {
  readonly jobs: Pick<TrainingJobs, 'describe' | 'stop' | 'tags'>;
  readonly records: Pick<RecordStore, 'listAll' | 'write'>;
  /** owner/name */
  readonly repository: string;
  readonly step: Pick<StepResult, 'output' | 'summary'>;
  readonly log: Log;
}

/** SIGTERM, two minutes of grace, and the upload of what there is. */
const endMs = 4 * 60_000;
const why = 'its pull request was closed';

/** `stopping`: it was asked to, and has not been seen to end. */
type Closed = 'stopped' | 'stopping';

/** Stops what a closed pull request still has running: jobs that its own records name, and nothing else. */
export async function closePullRequest(
  number: number,
  metrics: Readonly<Record<string, string>>,
  { dryRun }: { dryRun: boolean },
  deps: CloseDeps,
): Promise<void> {
  const { log, step } = deps;
  const open = (await deps.records.listAll()).filter((record) => !isFinal(record.state));
  const names: Record<Closed, string[]> = { stopped: [], stopping: [] };
  const problems: Problem[] = [];
  await Promise.all(
    open.map(async (record) => {
      try {
        const closed = await closeOne(record, metrics, dryRun, deps);
        if (closed) names[closed].push(record.name);
      } catch (error) {
        problems.push({
          name: record.name,
          message: `It could not be brought to an end: ${error instanceof Error ? error.message : String(error)}`,
          fix: error instanceof ActionError ? error.fix : 'Re-run this job; the job ends by itself after max-runtime.',
        });
      }
    }),
  );
  const heading = writeHeading(number, names, dryRun);
  log.info(`${heading}.`);
  await step.summary([`### ${heading}`, '', ...[...names.stopped, ...names.stopping].map((name) => `- \`${name}\``)].join('\n'));
  const removed = names.stopped.map((name) => ({ kind: 'training-job', name, why }));
  step.output('removed', JSON.stringify(dryRun ? [] : removed));
  step.output('busy', '0');
  throwProblems(problems, 'aws');
}

function writeHeading(number: number, { stopped, stopping }: Record<Closed, string[]>, dryRun: boolean): string {
  const pullRequest = `pull request #${number}`;
  if (stopped.length + stopping.length === 0) return `Clean-up: ${pullRequest} left nothing running`;
  const jobs = (names: string[]) => `${names.length} training job${names.length === 1 ? '' : 's'} of ${pullRequest}`;
  const done = [
    ...(stopped.length > 0 ? [`${dryRun ? 'would stop' : 'stopped'} ${jobs(stopped)}`] : []),
    ...(stopping.length > 0 ? [`asked ${jobs(stopping)} to stop`] : []),
  ];
  return `Clean-up: ${done.join(', ')}`;
}

/** @returns undefined when there was no job to stop */
async function closeOne(
  record: RunRecord,
  metrics: Readonly<Record<string, string>>,
  dryRun: boolean,
  deps: CloseDeps,
): Promise<Closed | undefined> {
  const { jobs, log, clock } = deps;
  const job = await jobs.describe(record.name);
  if (!job) return undefined;
  if (hasEnded(job)) {
    if (!dryRun) await finishRecord(record, job, metrics, patience, deps);
    return undefined;
  }
  // A record lies where every run of a pull request may write: the job itself must say whose it is.
  if ((await jobs.tags(job.arn))['trainyard:repo'] !== deps.repository) {
    log.warning(`${record.name} is not a job of this repository by its tags; it was left alone.`);
    return undefined;
  }
  log.info(`${dryRun ? 'Would stop' : 'Stopping'} ${record.name} (${record.label}): ${why}.`);
  if (dryRun) return 'stopped';
  const at = clock.now().toISOString();
  const requested: RunRecord = {
    ...record,
    state: { status: 'stop-requested', at, why },
    times: { ...record.times, updated: at },
  };
  await jobs.stop(record.name);
  await deps.records.write(requested);
  return awaitEnd(requested, metrics, deps);
}

const patience = { metricsSeconds: 10, logSeconds: 5 };

async function awaitEnd(record: RunRecord, metrics: Readonly<Record<string, string>>, deps: CloseDeps): Promise<Closed> {
  const waited = await waitFor<TrainingJob | undefined, TrainingJob>({
    look: () => deps.jobs.describe(record.name),
    judge: (job) => (job && hasEnded(job) ? job : undefined),
    limitMs: endMs,
    clock: deps.clock,
  });
  if (waited.outcome !== 'reached') {
    deps.log.warning(
      `${record.name} has not been seen to end: a stop is requested. It is billed until it ends, and ends by itself after max-runtime.`,
      'Not yet confirmed',
    );
    return 'stopping';
  }
  const settled = await finishRecord(record, waited.result, metrics, patience, deps);
  deps.log.info(`${settled.label}: ${settled.name} ended: ${settled.state.status}.`);
  return 'stopped';
}
