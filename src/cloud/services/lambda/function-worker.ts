import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Credentials } from '@aws-sdk/client-sts';
import type { Cloud } from '../../contract.ts';
import type { GetMachinery, Machinery } from '../../machines/machinery.ts';
import { nodeBootstrap } from '../../machines/node-bootstrap.ts';
import { pythonBootstrap } from '../../machines/python-bootstrap.ts';
import { startWorker, type Worker } from '../../machines/worker.ts';
import type { Code, Settings } from './functions.ts';
import type { StartKind } from './pool.ts';
import { createWorkerLog, type WorkerLog } from './worker-log.ts';

/** A worker of a function's version, with the log it writes. */
export interface FunctionWorker extends Worker {
  readonly log: WorkerLog;
  /** From when its keys may expire in the middle of a call. */
  readonly staleFrom: Date;
}

/** The programs workers run in, and what every machine is started with. */
export interface Workshop extends Machinery {
  readonly nodeFile: string;
  readonly pythonFile: string;
}

export interface WorkerOptions {
  readonly cloud: Cloud;
  readonly getMachinery: GetMachinery;
  /** Where the cloud listens: AWS for the handler. */
  readonly endpointUrl: () => string;
  /** Keys of a session of the function's role. */
  readonly mintSession: (roleArn: string, sessionName: string) => Credentials;
}

interface Job {
  readonly functionName: string;
  readonly version: string;
  readonly settings: Settings;
  readonly code: Code;
}

/** Writes the programs workers run in; with the first worker, not at start. */
export async function prepareWorkshop(cloud: Cloud, getMachinery: GetMachinery): Promise<Workshop> {
  const folder = join(cloud.folder, 'lambda', 'runtime');
  const files = { nodeFile: join(folder, 'node.mjs'), pythonFile: join(folder, 'python.py') };
  await mkdir(folder, { recursive: true });
  await Promise.all([writeFile(files.nodeFile, nodeBootstrap), writeFile(files.pythonFile, pythonBootstrap)]);
  return { ...(await getMachinery()), ...files };
}

/** Starts a worker of this version. @throws Error when its process cannot be spawned */
export async function startFunctionWorker(
  job: Job,
  kind: StartKind,
  { cloud, endpointUrl, mintSession }: WorkerOptions,
  workshop: Workshop,
): Promise<FunctionWorker> {
  const log = createWorkerLog(cloud.logs, cloud.clock, job.functionName, job.version);
  const folder = join(cloud.folder, 'lambda', 'workers', randomUUID());
  await mkdir(folder, { recursive: true });
  const credentials = mintSession(job.settings.Role, job.functionName);
  log.write([`INIT_START Runtime Version: ${nameRuntime(job.settings, workshop)} (on this machine)`]);
  const worker = await startWorker({
    python: workshop.python.executable,
    reaper: workshop.reaper,
    folder,
    command: listCommand(job.settings, workshop),
    env: (runtimeApi) => ({
      ...listSettings(job, workshop),
      ...listIdentity(job, log, cloud.region),
      AWS_LAMBDA_RUNTIME_API: runtimeApi,
      AWS_LAMBDA_INITIALIZATION_TYPE: kind,
      AWS_ENDPOINT_URL: endpointUrl(),
      AWS_ACCESS_KEY_ID: credentials.AccessKeyId ?? '',
      AWS_SECRET_ACCESS_KEY: credentials.SecretAccessKey ?? '',
      AWS_SESSION_TOKEN: credentials.SessionToken ?? '',
    }),
    onLines: (lines) => log.write(lines),
  });
  void endUnlessStarted(worker, log, cloud, secondsToStart(kind, job.settings));
  const lastsMs = job.settings.Timeout * 1000;
  return { ...worker, log, staleFrom: new Date((credentials.Expiration?.getTime() ?? 8.64e15) - lastsMs) };
}

/** AWS lets an ordinary start take 10 s and then tries once more within the call's own time; a provisioned one has minutes. */
function secondsToStart(kind: StartKind, { Timeout }: Settings): number {
  return kind === 'on-demand' ? 10 + Timeout : Math.max(130, Timeout);
}

async function endUnlessStarted(worker: Worker, log: WorkerLog, { clock }: Cloud, seconds: number): Promise<void> {
  const started = new AbortController();
  void worker.started.then(() => started.abort());
  await clock.sleep(seconds * 1000, started.signal);
  if (started.signal.aborted) return;
  log.write([`[local cloud] the function did not start within ${seconds} s and was ended`]);
  worker.kill();
}

const isPython = (settings: Settings): boolean => settings.Runtime?.startsWith('python') ?? false;

function nameRuntime(settings: Settings, { python }: Workshop): string {
  return isPython(settings) ? `python:${python.version}` : `nodejs:${process.versions.node}`;
}

function listCommand(settings: Settings, workshop: Workshop): string[] {
  if (isPython(settings)) return [workshop.python.executable, '-u', workshop.pythonFile];
  return [process.execPath, `--max-old-space-size=${settings.MemorySize}`, workshop.nodeFile];
}

/** The function's own variables, and the little of this machine it needs: the way to programs and the language. */
function listSettings({ settings }: Job, { python }: Workshop): Record<string, string> {
  return {
    PATH: `${dirname(process.execPath)}:${dirname(python.executable)}:/usr/local/bin:/usr/bin:/bin`,
    LANG: process.env['LANG'] ?? 'C.UTF-8',
    PYTHONUSERBASE: python.userBase,
    TZ: ':UTC',
    ...settings.Environment?.Variables,
  };
}

/** What AWS sets; a function's own variables cannot replace it. */
function listIdentity(job: Job, log: WorkerLog, region: string): Record<string, string> {
  const { settings } = job;
  return {
    _HANDLER: settings.Handler ?? '',
    LAMBDA_TASK_ROOT: job.code.folder,
    LAMBDA_RUNTIME_DIR: job.code.folder,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_EXECUTION_ENV: `AWS_Lambda_${settings.Runtime}`,
    AWS_LAMBDA_FUNCTION_NAME: job.functionName,
    AWS_LAMBDA_FUNCTION_VERSION: job.version,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(settings.MemorySize),
    AWS_LAMBDA_LOG_GROUP_NAME: log.group,
    AWS_LAMBDA_LOG_STREAM_NAME: log.stream,
  };
}
