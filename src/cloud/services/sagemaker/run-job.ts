import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cloud } from '../../contract.ts';
import type { CorePool, Lease } from '../../machines/cores.ts';
import type { Python } from '../../machines/find-python.ts';
import { findCheckpointSync, type CheckpointSync } from './checkpoints.ts';
import { describeFailure } from './describe-failure.ts';
import { downloadChannels } from './download-channels.ts';
import { layOutHost } from './host-folder.ts';
import { createHostLog, logGroup } from './host-log.ts';
import { JobFailure } from './job-failure.ts';
import { changeJob, type EndReason, type Job } from './job.ts';
import { createMetricScan } from './metric-scan.ts';
import { runHosts, type HostOutcome, type Machine, type Machinery } from './run-hosts.ts';
import { findUnsupported, listIgnored } from './simulation.ts';
import { joinKey } from './s3-uri.ts';
import { uploadArtifact } from './upload-artifacts.ts';

export interface Executor {
  readonly cloud: Cloud;
  readonly pool: CorePool;
  readonly machinery: Machinery;
  /** Addresses for the hosts of a job, nobody else's on this machine while they are used. */
  readonly giveAddresses: (count: number) => string[];
}

const checkpointEveryMs = 1000;
const longestTimerMs = 2 ** 31 - 1;

/** One training job from its creation to its end. Never rejects: whatever happens is the job's final state, and no process is left by then. */
export async function runJob(job: Job, executor: Executor): Promise<void> {
  const { cloud, pool } = executor;
  const root = join(cloud.folder, 'training-jobs', job.name);
  let lease: Lease | undefined;
  try {
    const unsupported = findUnsupported(job.request);
    if (unsupported.length > 0)
      throw new JobFailure(`ClientError: The local cloud cannot execute this job: ${unsupported.join('; ')}.`);
    lease = await waitForCores(job, cloud, pool);
    if (lease) await cloud.clock.sleep(cloud.weather.trainingStatusMs.Starting, job.end.signal);
    if (!lease || job.end.signal.aborted) finishStopped(job, cloud);
    else await train(job, executor, root, lease);
  } catch (error) {
    finishFailed(job, cloud, error);
  } finally {
    lease?.release();
    await rm(root, { recursive: true, force: true }).catch(() => {});
  }
}

/** Resolves without a lease when the job is ended first. Nothing is billed while it waits. */
async function waitForCores(job: Job, cloud: Cloud, pool: CorePool): Promise<Lease | undefined> {
  const instances = job.request.ResourceConfig?.InstanceCount ?? 1;
  const taken = pool.take(instances, job.end.signal);
  const atOnce = await Promise.race([taken, Promise.resolve('waiting' as const)]);
  if (atOnce === 'waiting') {
    changeJob(job, cloud.clock, {
      secondaryStatus: 'Pending',
      message: `Waiting for ${Math.min(instances, pool.size)} of this machine's ${pool.size} cores`,
    });
  }
  const stopWait = new AbortController();
  const maxWait = job.request.StoppingCondition?.MaxWaitTimeInSeconds;
  if (maxWait !== undefined) void endAfter(job, cloud, maxWait * 1000, 'max-wait', stopWait.signal);
  const lease = await taken;
  stopWait.abort();
  if (lease) changeJob(job, cloud.clock, { secondaryStatus: 'Starting', message: 'Preparing the instances for training' });
  return lease;
}

async function train(job: Job, executor: Executor, root: string, lease: Lease): Promise<void> {
  const { cloud, machinery } = executor;
  const { clock } = cloud;
  changeJob(job, clock, {
    secondaryStatus: 'Downloading',
    message: 'Downloading input data',
    state: { trainingStarted: clock.now() },
  });
  const over = new AbortController();
  void endAfter(job, cloud, (job.request.StoppingCondition?.MaxRuntimeInSeconds ?? 86_400) * 1000, 'max-runtime', over.signal);
  try {
    const machines = await prepareMachines(job, executor, root);
    introduce(job, machines, lease, machinery.python);
    await downloadChannels(cloud.buckets, job.request, machines, cloud.region);
    const checkpoints = findCheckpointSync(cloud.buckets, job.request, machines);
    await checkpoints?.restore();
    await clock.sleep(cloud.weather.trainingStatusMs.Downloading, job.end.signal);
    const scan = createMetricScan(job.request.AlgorithmSpecification?.MetricDefinitions ?? [], (name, value, at) =>
      cloud.metrics.put(logGroup, { TrainingJobName: job.name }, name, 'None', [{ at, value }]),
    );
    if (!job.end.signal.aborted) {
      changeJob(job, clock, { secondaryStatus: 'Training', message: 'Training image download completed. Training in progress.' });
      const outcomes = await withCheckpoints(checkpoints, cloud, () => runHosts(job, machines, scan, machinery));
      job.state.metrics = scan.last();
      await refuseFailure(outcomes, job);
    }
    over.abort();
    await finish(job, cloud, machines, root);
  } finally {
    over.abort();
  }
}

async function prepareMachines(job: Job, { cloud, giveAddresses }: Executor, root: string): Promise<Machine[]> {
  const addresses = giveAddresses(job.request.ResourceConfig?.InstanceCount ?? 1);
  const machines = addresses.map((address, index): Machine => {
    const label = `algo-${index + 1}`;
    const log = createHostLog(cloud.logs, cloud.clock, job.name, label);
    return { label, address, root: join(root, label), optMl: join(root, label, 'opt/ml'), log };
  });
  for (const machine of machines) await layOutHost(machine, job.request, addresses);
  return machines;
}

/** First lines of the log: what a reader must know to read the rest. */
function introduce(job: Job, machines: readonly Machine[], lease: Lease, python: Python): void {
  const image = job.request.AlgorithmSpecification?.TrainingImage ?? 'none';
  const ignored = listIgnored(job.request);
  for (const { log, label, address } of machines) {
    log.note(
      `${label} is this machine at ${address}: it executes the job's command with its own Python ${python.version}; the image ${image} is not run`,
    );
    if (lease.cores < machines.length)
      log.note(`${machines.length} instances share ${lease.cores} cores: they are slower than machines of their own`);
    if (ignored.length > 0) log.note(`not simulated: ${ignored.join(', ')}`);
  }
}

/** Saves checkpoints while the hosts run, and what they left at their end. */
async function withCheckpoints<Result>(
  sync: CheckpointSync | undefined,
  cloud: Cloud,
  work: () => Promise<Result>,
): Promise<Result> {
  if (!sync) return work();
  const over = new AbortController();
  const saving = (async () => {
    while (!over.signal.aborted) {
      await cloud.clock.sleep(checkpointEveryMs, over.signal);
      await sync.save();
    }
  })();
  const saved = saving.then(
    () => undefined,
    (error: unknown) =>
      new JobFailure(`ClientError: Checkpoint upload failed:${error instanceof Error ? error.message : String(error)}`),
  );
  let result: Result;
  try {
    result = await work();
  } finally {
    over.abort();
    await saved;
  }
  const failure = await saved;
  if (failure) throw failure;
  return result;
}

/** A job that was ended from outside has not failed, whatever its processes answered to the signal. @throws JobFailure */
async function refuseFailure(outcomes: readonly HostOutcome[], job: Job): Promise<void> {
  const failed = outcomes.find(({ end }) => end.exitCode !== 0);
  if (failed && !job.end.signal.aborted) throw new JobFailure(await describeFailure(failed));
}

/** Uploads what the hosts left, also after a stop, and says how it ended. */
async function finish(job: Job, cloud: Cloud, machines: readonly Machine[], root: string): Promise<void> {
  if (job.close.signal.aborted) return finishStopped(job, cloud);
  changeJob(job, cloud.clock, { secondaryStatus: 'Uploading', message: 'Uploading generated training model' });
  const s3Uri = joinKey(job.request.OutputDataConfig?.S3OutputPath ?? '', job.name, 'output');
  const upload = async (name: string, folder: string) => {
    const folders = machines.map((machine) => join(machine.optMl, folder));
    await mkdir(root, { recursive: true });
    const uploaded = await uploadArtifact(cloud.buckets, { name, folders, workFolder: root, s3Uri });
    if (uploaded?.clashes.length) {
      machines[0]?.log.note(
        `several hosts wrote the same paths into ${folder}; ${name} has the first host's: ${uploaded.clashes.slice(0, 5).join(', ')}`,
      );
    }
    return uploaded?.uri;
  };
  const modelUri = await upload('model.tar.gz', 'model');
  await upload('output.tar.gz', 'output/data');
  if (modelUri !== undefined) job.state.modelUri = modelUri;
  await cloud.clock.sleep(cloud.weather.trainingStatusMs.Uploading);
  if (job.end.signal.aborted) return finishStopped(job, cloud);
  changeJob(job, cloud.clock, {
    secondaryStatus: 'Completed',
    message: 'Training job completed',
    status: 'Completed',
    state: { trainingEnded: cloud.clock.now() },
  });
}

const stopMessages: Readonly<Record<EndReason, readonly ['Stopped' | 'MaxRuntimeExceeded' | 'MaxWaitTimeExceeded', string]>> = {
  stopped: ['Stopped', 'Training job stopped'],
  'max-runtime': ['MaxRuntimeExceeded', 'Training job runtime exceeded MaxRuntimeInSeconds provided'],
  'max-wait': ['MaxWaitTimeExceeded', 'Training job exceeded MaxWaitTimeInSeconds provided'],
};

function finishStopped(job: Job, { clock }: Cloud): void {
  const [secondaryStatus, message] = stopMessages[job.state.endReason ?? 'stopped'];
  changeJob(job, clock, { secondaryStatus, message, status: 'Stopped', state: { trainingEnded: clock.now() } });
}

function finishFailed(job: Job, { clock }: Cloud, error: unknown): void {
  const reason =
    error instanceof JobFailure
      ? error.message
      : `InternalServerError: ${error instanceof Error ? error.message : String(error)}`;
  changeJob(job, clock, {
    secondaryStatus: 'Failed',
    message: 'Training job failed',
    status: 'Failed',
    state: { failureReason: reason, trainingEnded: clock.now() },
  });
}

/** Ends the job after a time of its own, unless `over` comes first. */
async function endAfter(job: Job, { clock }: Cloud, ms: number, reason: EndReason, over: AbortSignal): Promise<void> {
  await clock.sleep(Math.min(ms, longestTimerMs), over);
  if (!over.aborted) endJob(job, clock, reason);
}

/** Asks a running job to end; the first reason stands. */
export function endJob(job: Job, clock: Cloud['clock'], reason: EndReason): void {
  if (job.end.signal.aborted) return;
  changeJob(job, clock, { secondaryStatus: 'Stopping', message: 'Stopping the training job', status: 'Stopping' });
  job.state.endReason = reason;
  job.end.abort();
}
