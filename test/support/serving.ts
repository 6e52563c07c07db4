import { expect } from '@jest/globals';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { bucket, lambdaRole, servingRole, trainingRole } from './facts.ts';
import type { Job, Project, ProjectChanges } from './job.ts';
import type { LocalCloud } from './local-cloud.ts';
import type { StepOutcome } from './step.ts';

/** Roles that a release needs beside the training's. */
export const roles = [
  { arn: trainingRole, trust: ['sagemaker.amazonaws.com'] },
  { arn: servingRole, trust: ['sagemaker.amazonaws.com'] },
  { arn: lambdaRole, trust: ['lambda.amazonaws.com'] },
];

export const functionName = 'digits-invoke';

/** A model is a number; asked for numbers it answers their multiples. `factor` makes another release of the same model. */
const inference = (factor = 1, more = '') => `import json, os
${more}
def model_fn(folder):
    with open(os.path.join(folder, 'model.json')) as file:
        return json.load(file)['answer']

def input_fn(body, content_type):
    return json.loads(body)['instances']

def predict_fn(numbers, model):
    return [[number * model * ${factor} for number in numbers]]

def output_fn(prediction, accept):
    return json.dumps(prediction)
`;

interface Serving {
  /** Of the answers; the smoke test wants the second number to be the larger, so that a negative one is wrong. */
  factor?: number;
  /** Text at the beginning of the serving code. */
  code?: string;
  /** Keys below `serve`, each on a line of its own. */
  serve?: string;
  /** Keys below `scaling`. */
  scaling?: string;
  /** What follows `smoke:`. */
  smoke?: string;
  /** Changes of the whole spec's text, after all others. */
  spec?: (text: string) => string;
}

const smokeCase =
  '[{ name: two numbers, event: { json: { instances: [1, 2] } }, expect: { status: 200, shape: [1, 2], arg-max: 1 } }]';

/** A project that is served. */
export function served({
  factor = 1,
  code = '',
  serve = '',
  scaling = '',
  smoke = smokeCase,
  spec = same,
}: Serving = {}): ProjectChanges {
  const text = `
serve:
  entry-point: inference.py
  instance-type: ml.m5.large
  lambda: { memory-mb: 256, timeout: 10s }
${indent(serve)}${scaling === '' ? '' : `scaling:\n${indent(scaling)}`}smoke: ${smoke}
`;
  return {
    spec: (before) => spec(`${withRoles(before)}${text}`),
    files: { 'model/inference.py': inference(factor, code) },
  };
}

const same = (text: string) => text;
const withRoles = (text: string) =>
  text.replace('roles: {', () => `roles: { serving: '${servingRole}', lambda: '${lambdaRole}',`);
const indent = (text: string) => text.replaceAll(/^(?=.)/gm, '  ').replace(/(?<=.)$/, '\n');

/** Puts a trained model into the bucket and returns its address. */
export async function putModel(cloud: LocalCloud, answer: number | string = 42): Promise<string> {
  const tar = pack();
  tar.entry({ name: 'model.json' }, JSON.stringify({ answer }));
  tar.finalize();
  const pieces: Buffer[] = [];
  for await (const piece of tar) pieces.push(piece as Buffer);
  const key = `trainyard/main/models/${answer}/model.tar.gz`;
  await ask(cloud, 's3', 'PUT', `/${bucket}/${key}`, gzipSync(Buffer.concat(pieces)));
  return `s3://${bucket}/${key}`;
}

/** A request of this test; the cloud reads the service out of the signature. Throttles are for those who are tested. */
export async function ask(
  cloud: LocalCloud,
  service: string,
  method: string,
  path: string,
  body?: string | Uint8Array,
  target?: string,
): Promise<unknown> {
  const headers = {
    authorization: `AWS4-HMAC-SHA256 Credential=observer/20261122/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=0`,
    ...(target === undefined ? {} : { 'x-amz-target': target, 'content-type': 'application/x-amz-json-1.1' }),
  };
  for (;;) {
    const response = await fetch(`${cloud.aws.url}${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: Buffer.from(body) }),
    });
    const text = await response.text();
    if (response.ok) return text === '' ? undefined : parse(text);
    if (!text.includes('Throttl') && !text.includes('SlowDown') && !text.includes('Rate exceeded'))
      throw new Error(`${service} ${target ?? `${method} ${path}`}: ${response.status} ${text}`);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** What SageMaker says to an operation. */
export const sagemaker = async <T>(cloud: LocalCloud, operation: string, input: object = {}): Promise<T> =>
  (await ask(cloud, 'sagemaker', 'POST', '/', JSON.stringify(input), `SageMaker.${operation}`)) as T;

/** What a client gets from an alias of the function. */
export async function call(
  cloud: LocalCloud,
  alias = 'live',
  numbers = [1, 2],
): Promise<{ statusCode: number; answer: unknown }> {
  const path = `/2015-03-31/functions/${functionName}/invocations?Qualifier=${alias}`;
  const answer = (await ask(cloud, 'lambda', 'POST', path, JSON.stringify({ instances: numbers }))) as {
    statusCode: number;
    body: string;
  };
  return { statusCode: answer.statusCode, answer: parse(answer.body) };
}

/** Versions by the alias that names them. */
export async function aliasesOf(cloud: LocalCloud): Promise<Record<string, string>> {
  const { Aliases: list } = (await ask(cloud, 'lambda', 'GET', `/2015-03-31/functions/${functionName}/aliases`)) as {
    Aliases: { Name: string; FunctionVersion: string }[];
  };
  return Object.fromEntries(list.map(({ Name, FunctionVersion }) => [Name, FunctionVersion]));
}

/** Everything of the model that is in AWS now. */
export async function resourcesOf(cloud: LocalCloud) {
  const { Endpoints: endpoints } = await sagemaker<{ Endpoints: { EndpointName: string }[] }>(cloud, 'ListEndpoints');
  const { EndpointConfigs: configs } = await sagemaker<{ EndpointConfigs: { EndpointConfigName: string }[] }>(
    cloud,
    'ListEndpointConfigs',
  );
  const { Models: models } = await sagemaker<{ Models: { ModelName: string }[] }>(cloud, 'ListModels');
  return {
    endpoints: endpoints.map((one) => one.EndpointName).sort(),
    configs: configs.map((one) => one.EndpointConfigName).sort(),
    models: models.map((one) => one.ModelName).sort(),
  };
}

/** The step ended with this exit code, or the test fails with all it said. */
export function expectExit(outcome: StepOutcome, code = 0): StepOutcome {
  if (outcome.exitCode !== code)
    throw new Error(`It ended with ${outcome.exitCode} ${outcome.signal ?? ''}, not ${code}:\n${outcome.log}`);
  return outcome;
}

/** Deploys a candidate, and scales and calls it when `more` says so; all of it must succeed. */
export async function deploy(
  job: Job,
  inputs: Record<string, string>,
  ...more: ('configure-scaling' | 'smoke-invoke')[]
): Promise<StepOutcome> {
  const main = expectExit(await job.step('deploy-endpoint', inputs).done);
  expect(expectExit(await job.afterStep('deploy-endpoint', main, inputs).done).log).toBe('');
  for (const action of more) expectExit(await job.step(action).done);
  return main;
}

/** Runs promote-endpoint with its post. */
export async function promote(job: Job, inputs: Record<string, string> = {}): Promise<StepOutcome> {
  const main = await job.step('promote-endpoint', inputs).done;
  expectExit(await job.afterStep('promote-endpoint', main, inputs).done);
  return main;
}

/** Sweeps as clean-up does, but leaves what is busy for longer than this to the next sweep. */
export async function sweepFor(
  { aws, github }: LocalCloud,
  { folder }: Project,
  patienceSeconds: number,
): Promise<{ log: string; outputs: Record<string, string> }> {
  const options = {
    specPath: join(folder, 'trainyard.yml'),
    patienceMs: patienceSeconds * 1000,
    github: { token: github.tokens.read, apiUrl: github.apiUrl },
  };
  const script = join(import.meta.dirname, 'sweep-process.ts');
  const { stdout: log } = await promisify(execFile)(process.execPath, ['--no-warnings', script, JSON.stringify(options)], {
    timeout: 120_000,
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: process.env['HOME'] ?? '',
      AWS_ENDPOINT_URL: aws.url,
      AWS_ACCESS_KEY_ID: aws.accessKeyId,
      AWS_SECRET_ACCESS_KEY: aws.secretAccessKey,
    },
  });
  return { log, outputs: JSON.parse(log.trim().split('\n').at(-1) ?? '') as Record<string, string> };
}

/** State of each deployment to production, oldest first, with what it says. */
export async function deploymentStates(cloud: LocalCloud): Promise<string[]> {
  return (await cloud.deployments()).map(({ statuses }) => {
    const last = statuses.at(-1);
    return `${last?.state}: ${last?.description}`;
  });
}

export interface Load {
  /** In the order of their calls. */
  readonly answers: readonly string[];
  /** Of calls that did not answer with 200. */
  readonly failures: readonly string[];
  seconds(): number;
  /** Resolves when the last call has been answered. */
  stop(): Promise<void>;
}

/** Calls alias `live` so often a second, whether or not earlier calls have been answered, as many clients do. */
export function startLoad(cloud: LocalCloud, perSecond: number): Load {
  const started = Date.now();
  const answers: string[] = [];
  const failures: string[] = [];
  const calls: Promise<void>[] = [];
  let ended: number | undefined;
  const one = async () => {
    const at = calls.length;
    try {
      const { statusCode, answer } = await call(cloud);
      answers[at] = JSON.stringify(answer);
      if (statusCode !== 200) failures.push(`${statusCode} ${JSON.stringify(answer)}`);
    } catch (error) {
      failures.push(String(error));
    }
  };
  const seconds = () => ((ended ?? Date.now()) - started) / 1000;
  // What a busy machine missed is made up for.
  const timer = setInterval(
    () => {
      while (calls.length < seconds() * perSecond) calls.push(one());
    },
    1000 / perSecond / 2,
  );
  return {
    answers,
    failures,
    seconds,
    async stop() {
      clearInterval(timer);
      ended ??= Date.now();
      await Promise.all(calls);
    },
  };
}
