import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cloud } from '../../contract.ts';
import type { CorePool, Lease } from '../../machines/cores.ts';
import type { Python } from '../../machines/find-python.ts';
import { createHostLog } from '../../machines/host-log.ts';
import { findCheckpointSync, withCheckpoints } from './checkpoints.ts';
import { describeFailure } from './describe-failure.ts';
import { downloadChannels } from './download-channels.ts';
import { endAfter, finishCompleted, finishFailed, finishStopped } from './end-job.ts';
import { layOutHost } from './host-folder.ts';
import { JobFailure } from './job-failure.ts';
import { changeJob, logGroup, type Job } from './job.ts';
import { createMetricScan } from './metric-scan.ts';
import { publishLoad } from './publish-load.ts';
import { runHosts, type Machine, type TrainingMachinery } from './run-hosts.ts';
import { findScriptMode, layOutScript } from './script-mode.ts';
import { findUnsupported, listIgnored } from './simulation.ts';
import { uploadResults } from './upload-results.ts';

export interface Executor {
  readonly cloud: Cloud;
  readonly pool: CorePool;
  readonly machinery: TrainingMachinery;
  /** Addresses for the hosts of a job, nobody else's on this machine while they are used. */
  readonly giveAddresses: (count: number) => string[];
}

/** One training job from its creation to its end. Never rejects: whatever happens is the job's final state, and no process is left by then. */
export async function runJob(job: Job, executor: Executor): Promise<void> {
  const { cloud, pool } = executor;
  const root = join(cloud.folder, 'training-jobs', job.name);
  let lease: Lease | undefined;
  try {
    const unsupported = findUnsupported(job.request);
    if (unsupported.length > 0)
      throw new JobFailure(`ClientError: The local cloud cannot execute this job: ${unsupported.join('; ')}.`);
    const machinery = await chooseMachinery(job, executor.machinery);
    lease = await waitForCores(job, cloud, pool);
    if (lease) await cloud.clock.sleep(cloud.weather.trainingStatusMs.Starting, job.end.signal);
    if (lease && !job.end.signal.aborted) await train(job, { ...executor, machinery }, root, lease);
    if (job.end.signal.aborted) finishStopped(job, cloud.clock);
    else finishCompleted(job, cloud.clock);
  } catch (error) {
    finishFailed(job, cloud.clock, error);
  } finally {
    lease?.release();
    await rm(root, { recursive: true, force: true }).catch(() => {});
  }
}

/** With the Python that plays the job's image. @throws JobFailure where this machine has none */
async function chooseMachinery(job: Job, machinery: TrainingMachinery): Promise<TrainingMachinery> {
  const image = job.request.AlgorithmSpecification?.TrainingImage ?? '';
  const python = await machinery.pythonFor(image).catch((error: unknown) => {
    throw new JobFailure(
      `ClientError: The local cloud cannot execute this job: ${error instanceof Error ? error.message : String(error)}`,
    );
  });
  return { ...machinery, python };
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
  if (maxWait !== undefined) void endAfter(job, cloud.clock, maxWait * 1000, 'max-wait', stopWait.signal);
  const lease = await taken;
  stopWait.abort();
  if (lease)
    changeJob(job, cloud.clock, {
      secondaryStatus: 'Starting',
      message: `Preparing the instances for training on this machine's ${pool.size} cores`,
    });
  return lease;
}

/** Everything that is billed: from the first byte downloaded to the last uploaded. @throws JobFailure */
async function train(job: Job, executor: Executor, root: string, lease: Lease): Promise<void> {
  const { cloud, machinery } = executor;
  const { clock } = cloud;
  const message = 'Downloading input data';
  changeJob(job, clock, { secondaryStatus: 'Downloading', message, state: { trainingStarted: clock.now() } });
  const over = new AbortController();
  void endAfter(job, clock, (job.request.StoppingCondition?.MaxRuntimeInSeconds ?? 86_400) * 1000, 'max-runtime', over.signal);
  const machines = prepareMachines(job, executor, root);
  try {
    introduce(job, machines, lease, machinery.python);
    const addresses = machines.map((machine) => machine.address);
    for (const machine of machines) await layOutHost(machine, job.request, addresses);
    await downloadChannels(cloud.buckets, job.request, machines, cloud.region);
    await layOutScript(cloud.buckets, job.request, machines);
    const checkpoints = findCheckpointSync(cloud.buckets, job.request, machines);
    await checkpoints?.restore();
    await clock.sleep(cloud.weather.trainingStatusMs.Downloading, job.end.signal);
    if (!job.end.signal.aborted) {
      changeJob(job, clock, { secondaryStatus: 'Training', message: 'Training image download completed. Training in progress.' });
      await withCheckpoints(checkpoints, clock, () => execute(job, machines, executor));
    }
    over.abort();
    if (!job.close.signal.aborted) await uploadResults(job, cloud, machines, root);
  } finally {
    over.abort();
    for (const machine of machines) machine.watch.close();
  }
}

/** @throws JobFailure unless all hosts succeeded, or the job was ended from outside: then no answer to the signal is a failure */
async function execute(job: Job, machines: readonly Machine[], { cloud, machinery }: Executor): Promise<void> {
  const scan = createMetricScan(job.request.AlgorithmSpecification?.MetricDefinitions ?? [], (name, value, at) => {
    cloud.metrics.put(logGroup, { TrainingJobName: job.name }, name, 'None', [{ at, value }]);
    job.owner?.onMetric(name, value);
  });
  const outcomes = await runHosts(job, machines, scan, machinery);
  job.state.metrics = scan.last();
  const failed = outcomes.find(({ end }) => end.exitCode !== 0);
  if (failed && !job.end.signal.aborted) throw new JobFailure(await describeFailure(failed));
}

/** Machines are there, and their load is watched, from now until they are given back: what is billed is what is measured. */
function prepareMachines(job: Job, { cloud, machinery, giveAddresses }: Executor, root: string): Machine[] {
  const addresses = giveAddresses(job.request.ResourceConfig?.InstanceCount ?? 1);
  return addresses.map((address, index): Machine => {
    const label = `algo-${index + 1}`;
    const stream = `${job.name}/${label}-${Math.floor(cloud.clock.now().getTime() / 1000)}`;
    const log = createHostLog(cloud.logs, cloud.clock, logGroup, stream);
    const watch = machinery.sampler.watch((sample) => publishLoad(cloud.metrics, job, label, sample));
    return { label, address, root: join(root, label), optMl: join(root, label, 'opt/ml'), log, watch };
  });
}

/** First lines of the log: what a reader must know to read the rest. */
function introduce(job: Job, machines: readonly Machine[], lease: Lease, python: Python): void {
  const image = job.request.AlgorithmSpecification?.TrainingImage ?? 'none';
  const ignored = listIgnored(job.request);
  const script = findScriptMode(job.request);
  const what = script ? `${script.program} as the script mode of framework images does` : "the job's command";
  for (const { log, label, address } of machines) {
    log.note(
      `${label} is this machine at ${address}: it executes ${what} with its own Python ${python.version}; the image ${image} is not run`,
    );
    for (const note of job.owner?.notes ?? []) log.note(note);
    if (lease.cores < machines.length)
      log.note(`${machines.length} instances share ${lease.cores} cores: they are slower than machines of their own`);
    if (ignored.length > 0) log.note(`not simulated: ${ignored.join(', ')}`);
  }
}
