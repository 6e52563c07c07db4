import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cloud } from '../../../contract.ts';
import { listBaseEnvironment } from '../../../machines/base-environment.ts';
import { callServer } from '../../../machines/call-server.ts';
import { onAbort } from '../../../machines/host-group.ts';
import { createHostLog, type HostLog } from '../../../machines/host-log.ts';
import type { Machinery } from '../../../machines/machinery.ts';
import type { Watch } from '../../../machines/sampler.ts';
import { servingPort, type ServingAddresses } from '../../../machines/serving-addresses.ts';
import { startHost, type Host } from '../../../machines/start-host.ts';
import { moveOptMl } from '../host-folder.ts';
import { instanceMemoryGib } from '../instance-memory.ts';
import { parseS3Uri } from '../s3-uri.ts';
import type { InstanceBody, Life } from './instance.ts';
import { findModelUri, getContainer, type Model } from './model.ts';
import type { ServingTimes } from './options.ts';
import { publishInstanceLoad } from './publish-metrics.ts';
import { unpackModel } from './unpack-model.ts';

/** Which variant of which endpoint an instance belongs to, and what it serves. */
export interface InstancePlan {
  readonly id: string;
  readonly endpoint: string;
  readonly variant: string;
  readonly instanceType: string;
  readonly model: Model;
  /** As the variant asks; undefined for AWS's default. */
  readonly startupSeconds: number | undefined;
}

export interface ServerDeps {
  readonly cloud: Cloud;
  readonly machinery: Machinery;
  /** File of the model server. */
  readonly server: string;
  readonly addresses: ServingAddresses;
  readonly times: ServingTimes;
}

/** AWS's own limit where a variant gives none: a container has 8 minutes. */
const defaultStartupSeconds = 480;
const pingTimeoutMs = 2_000;
const pingEveryMs = 50;
/** So often a container that never answered is started; AWS goes on until the time is over. */
const mostStarts = 4;
const firstBackoffMs = 200;
const longestBackoffMs = 5_000;

/** Gives an instance its address, and what it does there: unpack the model, run the server, watch it. */
export async function takeServer(plan: InstancePlan, given: ServerDeps): Promise<InstanceBody> {
  const python = await given.machinery.pythonFor(getContainer(plan.model).Image ?? '');
  const deps = { ...given, machinery: { ...given.machinery, python } };
  const address = await deps.addresses.take();
  const { cloud } = deps;
  const root = join(cloud.folder, 'endpoints', plan.endpoint, plan.id);
  const log = createHostLog(cloud.logs, cloud.clock, `/aws/sagemaker/Endpoints/${plan.endpoint}`, `${plan.variant}/${plan.id}`);
  return {
    address,
    live: async (life) => {
      const watch = deps.machinery.sampler.watch((sample) => publishInstanceLoad(cloud.metrics, plan, sample));
      try {
        log.note(
          `${plan.id} is this machine at ${address}: it serves the model with its own Python ${deps.machinery.python.version}; ` +
            `the image ${getContainer(plan.model).Image} is not run`,
        );
        if (await layOut(plan, deps, root, life)) await keepServing({ plan, deps, root, address, log, watch, life });
      } finally {
        watch.close();
        deps.addresses.release(address);
        await rm(root, { recursive: true, force: true }).catch(() => {});
      }
    },
  };
}

async function layOut(plan: InstancePlan, { cloud }: ServerDeps, root: string, life: Life): Promise<boolean> {
  for (const folder of ['opt/ml/model', 'home', 'tmp']) await mkdir(join(root, folder), { recursive: true });
  const uri = findModelUri(getContainer(plan.model)) ?? '';
  const { bucket, key } = parseS3Uri(uri);
  const archive = cloud.buckets.exists(bucket) ? cloud.buckets.fileOf(bucket, key) : undefined;
  const failure =
    archive === undefined
      ? 'Please ensure that there is an object located at the URL and that the role passed to CreateModel has permissions to download the object.'
      : await unpackModel(archive, join(root, 'opt/ml/model')).then(
          () => undefined,
          (error: unknown) => `The archive cannot be unpacked: ${error instanceof Error ? error.message : String(error)}.`,
        );
  if (failure !== undefined)
    life.onFailed(`Failed to download model data for container "primary" from URL: "${uri}". ${failure}`);
  return failure === undefined;
}

interface Serving {
  readonly plan: InstancePlan;
  readonly deps: ServerDeps;
  readonly root: string;
  readonly address: string;
  readonly log: HostLog;
  readonly watch: Watch;
  readonly life: Life;
}

/** Starts the server, and starts it again when it ends by itself: at most a few times before it first answers, then for ever. */
async function keepServing(serving: Serving): Promise<void> {
  const { plan, deps, log, life } = serving;
  const clock = deps.cloud.clock;
  const startupMs = 1000 * (deps.times.startupSeconds ?? plan.startupSeconds ?? defaultStartupSeconds);
  const deadlineMs = clock.now().getTime() + startupMs;
  const failed = `The primary container for production variant ${plan.variant} did not pass the ping health check. Please check CloudWatch logs for this endpoint.`;
  let answered = false;
  for (let starts = 1; !life.stop.aborted; starts++) {
    const end = await serveOnce(serving, answered ? Infinity : deadlineMs, () => (answered = true));
    if (life.stop.aborted) return;
    if (end === 'late') {
      log.note(`the container did not answer /ping within ${startupMs / 1000} s`);
      return life.onFailed(failed);
    }
    log.note(`the container ended with exit code ${end ?? 'unknown'}`);
    if (!answered && starts >= mostStarts) {
      log.note(
        `it was started ${starts} times and never answered /ping; AWS goes on until its time limit, the local cloud stops here`,
      );
      return life.onFailed(failed);
    }
    await clock.sleep(Math.min(firstBackoffMs * 2 ** (starts - 1), longestBackoffMs), life.stop);
  }
}

/** One run of the server. @returns its exit code; `late` when it had not answered by the deadline */
async function serveOnce(serving: Serving, deadlineMs: number, onAnswer: () => void): Promise<number | 'late' | undefined> {
  const { deps, life, watch, address } = serving;
  const host = await startServer(serving);
  watch.attach(host.pid);
  const undo = [onAbort(life.stop, host.stop), onAbort(life.kill, host.kill)];
  const over = new AbortController();
  const ended = host.ended.finally(() => over.abort());
  try {
    while (!over.signal.aborted && !life.stop.aborted) {
      if (await isAnswering(life, address)) {
        onAnswer();
        life.onReady();
        break;
      }
      if (deps.cloud.clock.now().getTime() >= deadlineMs) {
        host.kill();
        await ended;
        return 'late';
      }
      await deps.cloud.clock.sleep(pingEveryMs, life.stop);
    }
    return (await ended).exitCode;
  } finally {
    life.onUnready();
    watch.detach((await ended).cpuSeconds);
    for (const forget of undo) forget();
  }
}

function isAnswering({ agent }: Life, address: string): Promise<boolean> {
  return callServer({ agent, address, port: servingPort, method: 'GET', path: '/ping', timeoutMs: pingTimeoutMs }).then(
    ({ status }) => status === 200,
    () => false,
  );
}

function startServer({ plan, deps, root, address, log }: Serving): Promise<Host> {
  const { machinery, cloud, server, times } = deps;
  const optMl = join(root, 'opt/ml');
  const memoryGib = instanceMemoryGib[plan.instanceType] ?? 0;
  const asked = Object.entries(getContainer(plan.model).Environment ?? {}).map(([name, value]) => [
    name,
    moveOptMl(value, optMl),
  ]);
  return startHost({
    python: machinery.python.executable,
    reaper: machinery.reaper,
    folder: root,
    home: join(root, 'home'),
    command: [
      machinery.python.executable,
      server,
      address,
      String(servingPort),
      join(optMl, 'model'),
      String(Math.floor(memoryGib * 2 ** 30)),
    ],
    env: {
      ...listBaseEnvironment(machinery.python, root),
      ...Object.fromEntries(asked),
      AWS_REGION: cloud.region,
      SAGEMAKER_BASE_DIR: optMl,
      SM_MODEL_DIR: join(optMl, 'model'),
    },
    stopGraceSeconds: times.stopGraceSeconds,
    onLines: log.write,
  });
}
