import { fstatSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { isBucketName } from '../cloud/services/s3/bucket-name.ts';
import { type RunningCloud, startCloud, type StartOptions } from '../cloud/start.ts';
import { weatherNames } from '../cloud/weather.ts';

const usage = `trainyard cloud: runs the local cloud, an AWS on 127.0.0.1 that executes, until it is interrupted.

  --port N                 port to listen on (default: one that is free)
  --folder F               where objects and jobs are kept (default: a temporary folder, removed at the end)
  --region R               AWS region it stands for (default: us-east-1)
  --weather calm|aws-like  how long things take and how late they show (default: calm)
  --seed N                 which calls aws-like weather throttles (default: 1)
  --bucket B               a bucket that is there from the beginning; may be repeated
  --role ARN=SERVICE       a role that SERVICE (sagemaker.amazonaws.com) may assume; may be repeated
`;

type CloudArguments = Omit<StartOptions, 'folder'> & { readonly folder: string | undefined };

/** `trainyard cloud`. Returns the exit code once the cloud is closed: 0, or 2 when the arguments are wrong. */
export async function cloudCommand(args: string[]): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(usage);
    return 0;
  }
  const parsed = parseCloudArguments(args);
  if ('problems' in parsed) {
    process.stderr.write(`${parsed.problems.map((problem) => `trainyard cloud: ${problem}`).join('\n')}\n\n${usage}`);
    return 2;
  }
  const folder = parsed.folder ?? mkdtempSync(join(tmpdir(), 'trainyard-cloud-'));
  try {
    return await run({ ...parsed, folder });
  } finally {
    if (parsed.folder === undefined) rmSync(folder, { recursive: true, force: true });
  }
}

async function run(options: StartOptions): Promise<number> {
  // Listens first: a signal that comes while the cloud starts must not be lost.
  const ended = waitForEnd();
  let running: RunningCloud;
  try {
    running = await startCloud(options);
  } catch (error) {
    process.stderr.write(`trainyard cloud: ${explainStart(error, options)}\n`);
    return 1;
  }
  process.stdout.write(environmentOf(running, options));
  const reason = await ended;
  process.stdout.write(`# ${reason}; closing.\n`);
  await running.close();
  return 0;
}

function environmentOf({ url, cloud }: RunningCloud, options: StartOptions): string {
  return [
    `# The local cloud runs in ${cloud.folder} (weather: ${options.weather ?? 'calm'}). Stop it with Ctrl-C. In another shell:`,
    `export AWS_ENDPOINT_URL=${url}`,
    `export AWS_REGION=${cloud.region}`,
    // Any keys do: those the cloud has not made itself are the account's root.
    'export AWS_ACCESS_KEY_ID=local',
    'export AWS_SECRET_ACCESS_KEY=local',
    '',
  ].join('\n');
}

/** Resolves with the reason to end: a signal, or the end of a piped stdin, which is how a parent that dies is noticed. */
function waitForEnd(): Promise<string> {
  return new Promise((resolve) => {
    // Whoever read it may be gone, too; that must not keep the cloud from closing.
    process.stdout.on('error', () => undefined);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve(signal));
    if (!isPipe(0)) return;
    process.stdin.once('end', () => resolve('The parent is gone'));
    process.stdin.once('error', () => resolve('The parent is gone'));
    process.stdin.resume();
  });
}

function isPipe(descriptor: number): boolean {
  try {
    const stat = fstatSync(descriptor);
    return stat.isFIFO() || stat.isSocket();
  } catch {
    return false;
  }
}

function explainStart(error: unknown, { port, folder }: StartOptions): string {
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') return `port ${port} is taken; give another --port, or none for one that is free.`;
  if (code === 'EACCES' || code === 'ENOTDIR' || code === 'EROFS')
    return `cannot start in ${folder}: ${message}; check --folder and --port.`;
  return message;
}

/** Reads the arguments, or says everything that is wrong with them. */
export function parseCloudArguments(args: string[]): CloudArguments | { problems: string[] } {
  try {
    const { values } = parseArgs({
      args,
      options: {
        port: { type: 'string' },
        folder: { type: 'string' },
        region: { type: 'string' },
        weather: { type: 'string' },
        seed: { type: 'string' },
        bucket: { type: 'string', multiple: true, default: [] },
        role: { type: 'string', multiple: true, default: [] },
      },
    });
    return readValues(values);
  } catch (error) {
    return { problems: [error instanceof Error ? error.message : String(error)] };
  }
}

interface Values {
  readonly port?: string;
  readonly folder?: string;
  readonly region?: string;
  readonly weather?: string;
  readonly seed?: string;
  readonly bucket: readonly string[];
  readonly role: readonly string[];
}

function readValues(values: Values): CloudArguments | { problems: string[] } {
  const problems: string[] = [];
  const refuse = (option: string, value: string, allowed: string) => void problems.push(`--${option} ${value}: ${allowed}.`);
  const weather = weatherNames.find((name) => name === values.weather);
  if (values.weather !== undefined && !weather) refuse('weather', values.weather, `is one of ${weatherNames.join(', ')}`);
  if (values.port !== undefined && !(/^\d{1,5}$/.test(values.port) && Number(values.port) < 65_536))
    refuse('port', values.port, 'is a number from 0 to 65535');
  if (values.seed !== undefined && !/^\d{1,9}$/.test(values.seed)) refuse('seed', values.seed, 'is a whole number');
  if (values.region !== undefined && !/^[a-z]{2}(-[a-z]+)+-\d$/.test(values.region))
    refuse('region', values.region, 'is a region like us-east-1');
  for (const bucket of values.bucket) {
    if (!isBucketName(bucket)) refuse('bucket', bucket, 'has 3 to 63 lower-case letters, digits, dots and hyphens');
  }
  const roles = values.role.flatMap((role) => {
    const parsed = parseRole(role);
    if (!parsed) refuse('role', role, 'is ARN=SERVICE, like arn:aws:iam::000000000000:role/training=sagemaker.amazonaws.com');
    return parsed ? [parsed] : [];
  });
  if (problems.length > 0) return { problems };
  return {
    folder: values.folder,
    ...(values.port === undefined ? {} : { port: Number(values.port) }),
    ...(values.seed === undefined ? {} : { seed: Number(values.seed) }),
    ...(values.region === undefined ? {} : { region: values.region }),
    ...(weather ? { weather } : {}),
    buckets: values.bucket,
    roles,
  };
}

/** Names of roles may contain `=`: the service is behind the last one. */
function parseRole(text: string): { arn: string; trust: string[] } | undefined {
  const [, arn, service] =
    /^(arn:aws:iam::\d{12}:role\/[\w+=,.@/-]+)=([a-z0-9-]+(?:\.[a-z0-9-]+)*\.amazonaws\.com)$/.exec(text) ?? [];
  return arn !== undefined && service !== undefined ? { arn, trust: [service] } : undefined;
}
