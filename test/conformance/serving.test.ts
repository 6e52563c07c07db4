import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { createGzip } from 'node:zlib';
import { pack } from 'tar-stream';
import { type RunningCloud, startCloud } from '../../src/cloud/start.ts';
import { findPeer, root } from './peers.ts';

const python = findPeer('python');
const role = 'arn:aws:iam::000000000000:role/serving';
/** Answers JSON with what it got, and anything else with its bytes reversed. */
const code = `
import json
def model_fn(folder):
    return None
def input_fn(body, content_type):
    return {"echo": json.loads(body)} if content_type == "application/json" else bytes(body)
def predict_fn(data, model):
    return data[::-1] if isinstance(data, bytes) else data
def output_fn(data, accept):
    return (data, accept) if isinstance(data, bytes) else (json.dumps(data), "application/json")
`;

const clouds: { folder: string; running: RunningCloud }[] = [];
/** A cloud whose minutes are short enough to wait for. */
async function open(weather: 'calm' | 'aws-like'): Promise<{ folder: string; running: RunningCloud }> {
  const folder = mkdtempSync(join(tmpdir(), 'trainyard-boto-'));
  const running = await startCloud({
    folder,
    weather,
    buckets: ['bucket'],
    roles: [{ arn: role, trust: ['sagemaker.amazonaws.com', 'lambda.amazonaws.com'] }],
    training: { serving: { minuteSeconds: 1 } },
  });
  clouds.push({ folder, running });
  return { folder, running };
}
let calm: RunningCloud;
let awsLike: RunningCloud;

beforeAll(async () => {
  const opened = await open('calm');
  calm = opened.running;
  awsLike = (await open('aws-like')).running;
  const tar = pack();
  tar.entry({ name: 'code/inference.py' }, code);
  tar.finalize();
  const archive = join(opened.folder, 'model.tar.gz');
  await pipeline(tar, createGzip(), createWriteStream(archive));
  await calm.cloud.buckets.putFile('bucket', 'model.tar.gz', archive);
});
afterAll(async () => {
  for (const { folder, running } of clouds) {
    await running.close();
    rmSync(folder, { recursive: true, force: true });
  }
});

/** What a program of this folder printed; every request it made must have been legal. */
async function drive(name: string, { url, cloud }: RunningCloud, ...args: string[]): Promise<unknown> {
  const { stdout } = await promisify(execFile)(python ?? '', [join(root, 'test/conformance', name), url, ...args], {
    timeout: 90_000,
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
  });
  expect(cloud.journal.entries.flatMap(({ illegal = [] }) => illegal)).toEqual([]);
  return JSON.parse(stdout);
}

const endpoint = 'arn:aws:sagemaker:us-east-1:000000000000:endpoint/echo';
const inProgress = ['ValidationException', `Cannot update in-progress endpoint "${endpoint}".`];

test.concurrent('boto3 serves, updates, scales and watches a model on the local cloud', async () => {
  if (python === undefined) return;
  expect(await drive('drive_serving.py', calm, 'bucket', role)).toEqual({
    create: {
      model: 'arn:aws:sagemaker:us-east-1:000000000000:model/echo',
      tags: [{ Key: 'team', Value: 'dogs' }],
      busy: 'ValidationException',
      variants: [['all', 1]],
      listed: ['echo'],
      taken: ['ValidationException', `Cannot create already existing endpoint "${endpoint}".`],
      'no such config': 'ValidationException',
    },
    invoke: {
      json: { echo: { a: 1 } },
      type: 'application/json',
      variant: 'all',
      bytes: ['image/png', true],
      'model error': [
        'ModelError',
        expect.stringContaining('Received server error (500) from primary with message "JSONDecodeError: '),
        500,
        expect.stringContaining('JSONDecodeError: '),
      ],
      missing: ['ValidationError', 'Endpoint none of account 000000000000 not found.'],
      'no such variant': 'ValidationError',
    },
    update: {
      'at once': { busy: inProgress, runs: 'second', reason: null },
      alarm: 'ALARM',
      // The waiter calls it a success; only the configuration tells.
      'rolled back': { busy: inProgress, runs: 'second', reason: 'The deployment was rolled back: in ALARM errors.' },
      'alarms left': 0,
    },
    scale: {
      target: [2, 3],
      policy: {
        TargetValue: 600,
        PredefinedMetricSpecification: { PredefinedMetricType: 'SageMakerVariantInvocationsPerInstance' },
        ScaleInCooldown: 60,
        ScaleOutCooldown: 30,
      },
      alarms: 2,
      activity: ['Successful', 'Setting desired instance count to 2.', 'minimum capacity was set to 2'],
      instances: 2,
      'no such policy': 'ObjectNotFoundException',
      'not registered': 'ObjectNotFoundException',
    },
    delete: {
      endpoint: ['ValidationException', `Could not find endpoint "${endpoint}".`],
      config: 'ValidationException',
      model: 'ValidationException',
      left: [0, 0, 0],
    },
  });
});

const arn = 'arn:aws:lambda:us-east-1:000000000000:function:echo';

// In weather like AWS's, so that its waiters have something to wait for and a change can meet another.
test.concurrent('boto3 makes, publishes, calls and limits a function on the local cloud', async () => {
  if (python === undefined) return;
  expect(await drive('drive_lambda.py', awsLike, role)).toEqual({
    create: {
      state: ['Pending', 'Active'],
      version: '$LATEST',
      pending: 'ResourceConflictException',
      tags: { team: 'dogs' },
      taken: ['ResourceConflictException', 'Function already exist: echo'],
      'no archive': 'InvalidParameterValueException',
    },
    publish: {
      version: ['1', `${arn}:1`],
      again: '1',
      'alias taken': 'ResourceConflictException',
      'no such version': 'ResourceNotFoundException',
      update: [
        'InProgress',
        [
          'ResourceConflictException',
          `The operation cannot be performed at this time. An update is in progress for resource: ${arn}`,
        ],
      ],
      'stale code': 'InvalidParameterValueException',
      second: '2',
      before: { greeting: 'hello', name: 'dog', version: '1', place: 'kennel' },
      'stale revision': ['PreconditionFailedException', expect.stringContaining('The Revision Id provided does not match')],
      versions: ['$LATEST', '1', '2'],
    },
    invoke: {
      live: {
        status: 200,
        version: '2',
        error: null,
        payload: { greeting: 'good day', name: 'dog', version: '2', place: 'kennel' },
        log: ['START', 'a line of the handler', 'END', 'REPORT'],
      },
      failed: {
        status: 200,
        version: '2',
        error: 'Unhandled',
        payload: { errorType: 'ValueError', errorMessage: 'no such breed' },
        log: ['START', 'a line of the handler', 'ValueError', 'END', 'REPORT'],
      },
      missing: ['ResourceNotFoundException', `Function not found: ${arn}:none`],
      'no json': 'InvalidRequestContentException',
    },
    limit: {
      reserved: 1,
      'too many reserved': [
        'InvalidParameterValueException',
        "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [100].",
      ],
      'above reserved': 'InvalidParameterValueException',
      'on $LATEST': 'InvalidParameterValueException',
      none: 'ProvisionedConcurrencyConfigNotFoundException',
      provisioned: ['IN_PROGRESS', 'READY', 1],
      twice: ['ResourceConflictException', expect.stringContaining('on an already Provisioned version')],
      'below provisioned': 'InvalidParameterValueException',
      throttled: ['TooManyRequestsException', 'Rate Exceeded.', 'ReservedFunctionConcurrentInvocationLimitExceeded'],
      again: 200,
    },
    delete: {
      'used version': 'ResourceConflictException',
      versions: ['$LATEST', '1'],
      function: ['ResourceNotFoundException', `Function not found: ${arn}`],
      left: [],
    },
  });
});
