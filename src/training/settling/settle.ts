import type { RunRecord, RunState, Utilisation } from '../../records/record.ts';
import { findCostUsd } from '../cost.ts';
import { applyMachines, listTrainingStarts } from '../ec2/apply.ts';
import type { TrainingJob } from '../ports.ts';
import type { SettleDeps } from './deps.ts';
import type { LogFollower } from './follow-log.ts';

const reasonLength = 1_024;
const quietLooks = 3;
const tailLines = 40;
const tailLineLength = 500;

/** How long to wait for numbers that arrive after a job's end. */
export interface Patience {
  readonly metricsSeconds: number;
  /** For the last log lines. */
  readonly logSeconds: number;
}

/** Brings a record to its final state: outcome, times, money, metrics, CPU. The caller writes it. */
export async function settle(
  record: RunRecord,
  job: TrainingJob,
  follower: LogFollower,
  patience: Patience,
  deps: SettleDeps,
): Promise<RunRecord> {
  const [utilisation] = await Promise.all([
    readUtilisation(record, job, patience, deps),
    drain(follower, job.trainingStarted ? patience.logSeconds : 0, deps),
  ]);
  follower.flush();
  if (job.ec2) return settleMachines(record, job, follower, utilisation, deps);
  // Last metrics settle after the job's end, like CloudWatch's: by now they are there.
  const late =
    job.status === 'Completed' && job.metrics.length < follower.curves().length ? await deps.jobs.describe(job.name) : undefined;
  return {
    ...applyJob(record, late ?? job, deps.clock.now()),
    state: stateOf(record, job, follower.tail()),
    curves: follower.curves(),
    utilisation,
  };
}

/** The same of a run on EC2: its metrics are read from its log, its bill is that of its machines. */
async function settleMachines(
  record: RunRecord,
  job: TrainingJob,
  follower: LogFollower,
  utilisation: Utilisation,
  deps: SettleDeps,
): Promise<RunRecord> {
  const now = deps.clock.now();
  const volume = await deps.ec2?.volumePrice();
  const curves = follower.curves();
  const tail = [...follower.tail(), ...(job.lastWords ?? []).map((line) => line.slice(0, tailLineLength))].slice(-tailLines);
  return {
    ...applyMachines(applyJob(record, job, now), record, job, volume ?? { kind: 'unknown', why: 'it was not read' }),
    state: stateOf(record, job, tail),
    metrics: curves.flatMap(({ name, values }) => values.slice(-1).map((value) => ({ name, value }))),
    curves,
    utilisation,
  };
}

/** The record with everything that the service says of the job, its state apart. */
export function applyJob(record: RunRecord, job: TrainingJob, now: Date): RunRecord {
  const { handedOver: _, ...rest } = record;
  const billedSeconds = job.billableSeconds ?? (job.trainingStarted ? undefined : 0);
  const billed = billedSeconds === undefined ? undefined : billedSeconds + (job.warmPoolSeconds ?? 0);
  const costUsd = findCostUsd(billed, job.instanceCount, record.price);
  return {
    ...rest,
    arn: job.arn,
    times: {
      planned: record.times.planned,
      created: job.created.toISOString(),
      ...(job.trainingStarted ? { trainingStarted: job.trainingStarted.toISOString() } : {}),
      ...(job.trainingEnded ? { trainingEnded: job.trainingEnded.toISOString() } : {}),
      updated: now.toISOString(),
    },
    transitions: job.transitions.map(({ status, start, end, message }) => ({
      status,
      start: start.toISOString(),
      ...(end ? { end: end.toISOString() } : {}),
      ...(message === undefined ? {} : { message }),
    })),
    ...(job.trainingSeconds === undefined ? {} : { trainingSeconds: job.trainingSeconds }),
    ...(billedSeconds === undefined ? {} : { billedSeconds }),
    ...(job.warmPoolSeconds === undefined ? {} : { warmPoolSeconds: job.warmPoolSeconds }),
    ...(costUsd === undefined ? {} : { costUsd }),
    metrics: job.metrics.map(({ name, value, at }) => ({ name, value, ...(at ? { at: at.toISOString() } : {}) })),
    ...(job.status === 'Completed' && job.model !== undefined ? { model: job.model } : {}),
  };
}

function stateOf(record: RunRecord, job: TrainingJob, logTail: string[]): RunState {
  const reason = (job.failureReason ?? '').slice(0, reasonLength);
  if (job.status === 'Completed') return { status: 'completed' };
  if (job.status === 'Failed') return { status: 'failed', reason, logTail };
  if (/^Max(Runtime|WaitTime)Exceeded$/.test(job.secondaryStatus)) {
    return {
      status: 'stopped',
      cause: 'max-runtime',
      reason: job.secondaryStatus === 'MaxWaitTimeExceeded' ? 'it did not end within max-wait' : 'it reached max-runtime',
    };
  }
  if (record.state.status === 'stop-requested') return { status: 'stopped', cause: 'cancelled', reason: record.state.why };
  return { status: 'stopped', cause: 'elsewhere', reason: reason || 'somebody stopped it outside of this workflow' };
}

async function readUtilisation(record: RunRecord, job: TrainingJob, patience: Patience, deps: SettleDeps): Promise<Utilisation> {
  if (!job.trainingStarted || !job.trainingEnded) return { coverage: 'none', hosts: [] };
  const window = { from: job.trainingStarted, until: job.trainingEnded, patienceSeconds: patience.metricsSeconds };
  try {
    const starts = job.ec2 ? { trainingStarts: listTrainingStarts(record, job) } : {};
    const [from = window.from] = starts.trainingStarts ?? [];
    const asked = { name: job.name, hosts: job.instanceCount, vcpus: record.machine.vcpus, ...window, from, ...starts };
    return await deps.utilisation.read(asked);
  } catch (error) {
    // The job is over and paid for: a chart that cannot be read must not lose its record.
    deps.log.warning(
      `${record.label}: CPU and memory could not be read: ${error instanceof Error ? error.message : String(error)}`,
    );
    return { coverage: 'none', hosts: [] };
  }
}

/** Reads the log until it has been quiet for some looks: lines arrive after the job's end. A log without any line is waited for longest. */
export async function drain(follower: LogFollower, maxSeconds: number, deps: Pick<SettleDeps, 'clock'>): Promise<void> {
  const start = deps.clock.now().getTime();
  let quiet = 0;
  for (;;) {
    quiet = (await follower.poll()) === 0 ? quiet + 1 : 0;
    const settled = quiet >= quietLooks && follower.tail().length > 0;
    if (settled || deps.clock.now().getTime() - start >= maxSeconds * 1000) return;
    await deps.clock.sleep(1_000);
  }
}
