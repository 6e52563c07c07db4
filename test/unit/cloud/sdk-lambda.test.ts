import {
  CreateAliasCommand,
  CreateFunctionCommand,
  DeleteFunctionCommand,
  DeleteProvisionedConcurrencyConfigCommand,
  GetFunctionCommand,
  GetFunctionConfigurationCommand,
  GetProvisionedConcurrencyConfigCommand,
  InvokeCommand,
  LambdaClient,
  ListTagsCommand,
  ListVersionsByFunctionCommand,
  PreconditionFailedException,
  PublishVersionCommand,
  PutFunctionConcurrencyCommand,
  PutProvisionedConcurrencyConfigCommand,
  ResourceNotFoundException,
  TooManyRequestsException,
  UpdateAliasCommand,
} from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunningCloud, startCloud } from '../../../src/cloud/start.ts';
import { handlerOf } from './lambda/local-functions.ts';

// The contract with AWS's own, unchanged client, over HTTP: what it sends is understood, what it gets it takes for AWS.
const role = 'arn:aws:iam::000000000000:role/function';
const arn = 'arn:aws:lambda:us-east-1:000000000000:function:digits-invoke';
const FunctionName = 'digits-invoke';

let folder: string;
let running: RunningCloud;
let client: LambdaClient;

beforeAll(async () => {
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = '1';
  folder = mkdtempSync(join(tmpdir(), 'trainyard-sdk-'));
  running = await startCloud({ folder, roles: [{ arn: role, trust: ['lambda.amazonaws.com'] }] });
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
  client = new LambdaClient({ endpoint: running.url, region: 'us-east-1', credentials, maxAttempts: 1 });
  const ZipFile = handlerOf('if (event.fail) throw new Error("bad"); return process.env;');
  await client.send(
    new CreateFunctionCommand({
      FunctionName,
      Role: role,
      Runtime: 'nodejs24.x',
      Handler: 'index.handler',
      Code: { ZipFile },
      Tags: { a: 'b' },
    }),
  );
});
afterAll(async () => {
  client.destroy();
  await running.close();
  rmSync(folder, { recursive: true, force: true });
});

test('a function is published, aliased, called and read', async () => {
  const configuration = await client.send(new GetFunctionConfigurationCommand({ FunctionName }));
  expect(configuration).toMatchObject({ FunctionArn: arn, State: 'Active', LastUpdateStatus: 'Successful' });
  const { Version } = await client.send(new PublishVersionCommand({ FunctionName, CodeSha256: configuration.CodeSha256 }));
  expect(Version).toBe('1');
  await client.send(new CreateAliasCommand({ FunctionName, Name: 'live', FunctionVersion: '1' }));
  const answer = await client.send(new InvokeCommand({ FunctionName: `${arn}:live`, Payload: '{}', LogType: 'Tail' }));
  expect(answer).toMatchObject({ StatusCode: 200, ExecutedVersion: '1' });
  expect(answer.FunctionError).toBeUndefined();
  expect(JSON.parse(answer.Payload?.transformToString() ?? '')).toMatchObject({ AWS_ENDPOINT_URL: running.url });
  expect(Buffer.from(answer.LogResult ?? '', 'base64').toString()).toMatch(/^START [^]*REPORT /);
  const failed = await client.send(new InvokeCommand({ FunctionName, Qualifier: 'live', Payload: '{"fail":1}' }));
  expect(failed.FunctionError).toBe('Unhandled');
  expect(JSON.parse(failed.Payload?.transformToString() ?? '')).toMatchObject({ errorType: 'Error', errorMessage: 'bad' });
  const { Versions } = await client.send(new ListVersionsByFunctionCommand({ FunctionName }));
  expect(Versions?.map((one) => one.FunctionArn)).toEqual([`${arn}:$LATEST`, `${arn}:1`]);
  expect(await client.send(new ListTagsCommand({ Resource: arn }))).toMatchObject({ Tags: { a: 'b' } });
});

test("a worker has keys of its function's role, and they are good here", async () => {
  const answer = await client.send(new InvokeCommand({ FunctionName }));
  const env: Record<string, string> = JSON.parse(answer.Payload?.transformToString() ?? '');
  const worker = new LambdaClient({
    endpoint: env['AWS_ENDPOINT_URL'] ?? '',
    region: env['AWS_REGION'] ?? '',
    credentials: {
      accessKeyId: env['AWS_ACCESS_KEY_ID'] ?? '',
      secretAccessKey: env['AWS_SECRET_ACCESS_KEY'] ?? '',
      sessionToken: env['AWS_SESSION_TOKEN'] ?? '',
    },
  });
  await worker.send(new GetFunctionCommand({ FunctionName }));
  worker.destroy();
  expect(running.cloud.journal.entries.at(-1)).toMatchObject({
    operation: 'GetFunction',
    principal: `arn:aws:sts::000000000000:assumed-role/function/${FunctionName}`,
  });
});

test('provisioned concurrency is waited for', async () => {
  const asked = { FunctionName, Qualifier: '1' };
  await client.send(new PutProvisionedConcurrencyConfigCommand({ ...asked, ProvisionedConcurrentExecutions: 1 }));
  let status: string | undefined;
  for (let waited = 0; status !== 'READY' && waited < 20_000; waited += 50) {
    status = (await client.send(new GetProvisionedConcurrencyConfigCommand(asked))).Status;
    await running.cloud.clock.sleep(50);
  }
  expect(status).toBe('READY');
});

const reasonOf = (work: Promise<unknown>) => work.catch((error: unknown) => error);

test('errors are of their class', async () => {
  const missing = await reasonOf(client.send(new GetFunctionCommand({ FunctionName: 'other' })));
  expect(missing).toBeInstanceOf(ResourceNotFoundException);
  expect(missing).toHaveProperty('message', 'Function not found: arn:aws:lambda:us-east-1:000000000000:function:other');
  const stale = await reasonOf(
    client.send(new UpdateAliasCommand({ FunctionName, Name: 'live', FunctionVersion: '1', RevisionId: 'x' })),
  );
  expect(stale).toBeInstanceOf(PreconditionFailedException);
  await client.send(new DeleteProvisionedConcurrencyConfigCommand({ FunctionName, Qualifier: '1' }));
  await client.send(new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions: 0 }));
  const throttled = await reasonOf(client.send(new InvokeCommand({ FunctionName })));
  expect(throttled).toBeInstanceOf(TooManyRequestsException);
  expect(throttled).toMatchObject({
    Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded',
    $metadata: { httpStatusCode: 429 },
  });
});

test('every request was legal, and a deleted function is gone', async () => {
  await client.send(new DeleteFunctionCommand({ FunctionName }));
  await expect(client.send(new InvokeCommand({ FunctionName }))).rejects.toBeInstanceOf(ResourceNotFoundException);
  expect(running.cloud.journal.entries.filter(({ illegal }) => illegal !== undefined)).toEqual([]);
});
