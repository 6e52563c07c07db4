import type * as lambda from '@aws-sdk/client-lambda';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { strToU8, zipSync } from 'fflate';
import { AwsError, type Weather } from '../../../../src/cloud/contract.ts';
import { createMachinery } from '../../../../src/cloud/machines/machinery.ts';
import { createFunctions, type LambdaOptions } from '../../../../src/cloud/services/lambda/room.ts';
import { createFolderCloud, role } from '../sagemaker/local-training.ts';

export const arn = 'arn:aws:lambda:us-east-1:000000000000:function:f';

export const zip = (files: Record<string, string>): Uint8Array =>
  zipSync(Object.fromEntries(Object.entries(files).map(([name, text]) => [name, strToU8(text)])));

/** An ES module whose handler has this body, of `event` and `context`. */
export const handlerOf = (body: string): Uint8Array =>
  zip({ 'index.mjs': `export const handler = async (event, context) => { ${body} };` });

const mintSession = (roleArn: string, name: string) => ({
  AccessKeyId: 'ASIA0',
  SecretAccessKey: 'secret',
  SessionToken: `${roleArn} ${name}`,
  Expiration: new Date(Date.now() + 3_600_000),
});

/**
 * A handler that waits until `event.calls` calls have come, and answers its process and how that was started: calls that are at work at
 * the same time, however slow this machine is.
 */
export const meeting = zip({
  'index.mjs': `
    import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
    export const handler = async ({ folder, calls = 0, n }, { awsRequestId }) => {
      if (calls > 0) mkdirSync(folder, { recursive: true });
      if (calls > 0) writeFileSync(folder + '/' + awsRequestId, '');
      while (calls > 0 && readdirSync(folder).length < calls) await new Promise((done) => setTimeout(done, 10));
      console.log('mine', n);
      return { n, pid: process.pid, kind: process.env.AWS_LAMBDA_INITIALIZATION_TYPE };
    };`,
});

export interface Met {
  readonly n: number;
  readonly pid: number;
  readonly kind: string;
}

/** Functions on this machine, called without the wire. */
export async function startFunctions(options: LambdaOptions = {}, weather: Partial<Weather> = {}) {
  const { cloud, folder, clock, logs, metrics } = await createFolderCloud(weather);
  const workers = { cloud, getMachinery: createMachinery(cloud), endpointUrl: () => 'http://127.0.0.1:1', mintSession };
  const { handlers, close } = createFunctions(workers, options);
  let sent = 0;

  const create = (code: Uint8Array, more: Partial<lambda.CreateFunctionRequest> = {}) =>
    handlers.CreateFunction({
      FunctionName: 'f',
      Role: role,
      Runtime: 'nodejs24.x',
      Handler: 'index.handler',
      Code: { ZipFile: code },
      ...more,
    });
  /** A call and its answer, decoded. */
  const invoke = async <Value = unknown>(
    event: unknown = {},
    more: Partial<lambda.InvocationRequest> = {},
    decode: (text: string) => Value = JSON.parse,
  ) => {
    sent += 1;
    const requestId = `00000000-0000-0000-0000-${String(sent).padStart(12, '0')}`;
    const Payload = Buffer.from(JSON.stringify(event));
    const answer = await handlers.Invoke(
      { FunctionName: 'f', Payload, LogType: 'Tail', ...more },
      { requestId, region: 'us-east-1', principal: 'p', headers: {} },
    );
    const value = decode(Buffer.from(answer.Payload ?? []).toString());
    return {
      error: answer.FunctionError,
      version: answer.ExecutedVersion,
      value,
      log: Buffer.from(answer.LogResult ?? '', 'base64').toString(),
    };
  };
  /** Polls; throws after 20 s. */
  const until = async <T>(look: () => T, done: (seen: T) => boolean): Promise<T> => {
    for (let waited = 0; waited < 20_000; waited += 20) {
      const seen = look();
      if (done(seen)) return seen;
      await clock.sleep(20);
    }
    throw new Error(`It did not get there: ${JSON.stringify(look(), undefined, 1)}`);
  };
  let meetings = 0;
  /** So many calls that are at work at the same time. */
  const meet = (calls: number, more: Partial<lambda.InvocationRequest> = {}) => {
    meetings += 1;
    const place = join(folder, `meeting-${meetings}`);
    return Promise.all(Array.from({ length: calls }, (_, n) => invoke<Met>({ folder: place, calls, n }, more)));
  };
  return {
    meet,
    cloud,
    handlers,
    metrics,
    create,
    invoke,
    until,
    /** Whether a worker has a call. */
    started: (): boolean =>
      logs
        .groups()
        .some((group) =>
          logs.streams(group.name).some(({ events }) => events.some(({ message }) => message.startsWith('START'))),
        ),
    /** Every line of the function's log, stream after stream. */
    lines: () => logs.streams('/aws/lambda/f').flatMap((stream) => stream.events.map((event) => event.message)),
    streams: () => logs.streams('/aws/lambda/f').map((stream) => stream.name),
    /** Folders of the workers there are now. */
    workers: () => readdir(join(folder, 'lambda', 'workers')).catch(() => []),
    end: close,
    close: async () => {
      await close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export type Functions = Awaited<ReturnType<typeof startFunctions>>;

/** What an action is refused with, or nothing. */
export async function refusalOf(act: () => unknown): Promise<AwsError | undefined> {
  try {
    await act();
    return undefined;
  } catch (error) {
    if (error instanceof AwsError) return error;
    throw error;
  }
}
