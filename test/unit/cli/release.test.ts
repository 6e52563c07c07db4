import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text as readText } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { readCloudSetup } from '../../../src/cli/rehearse/cloud-setup.ts';
import { describeDeployments, describeLive } from '../../../src/cli/rehearse/live.ts';
import { createLog } from '../../../src/cli/rehearse/log.ts';
import { parseOptions } from '../../../src/cli/rehearse/options.ts';
import { type RehearsalResult, rehearse } from '../../../src/cli/rehearse/rehearse.ts';
import { systemClock } from '../../../src/time/clock.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'trainyard-test-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

async function play(args: readonly string[]): Promise<{ lines: string[]; result: RehearsalResult | undefined }> {
  const options = parseOptions(args);
  if (options === 'help' || 'problems' in options) throw new Error(JSON.stringify(options));
  const lines: string[] = [];
  const never = new AbortController().signal;
  const result = await rehearse(options, {
    folder,
    productRoot: join(folder, 'product'),
    log: createLog({ write: (line) => void lines.push(line.trim()), colour: false }),
    clock: systemClock,
    startCloud: async () => ({ url: 'http://127.0.0.1:9', close: async () => undefined }),
    graces: { interruptMs: 400, terminateMs: 200 },
    cancellation: { cancel: never, kill: never, release: () => undefined },
  });
  return { lines, result };
}

const train = `on: [pull_request, push]\njobs: { train: { runs-on: x, steps: [{ run: 'echo "train $GITHUB_RUN_ID"' }] } }\n`;
const tell = `
      - { uses: actions/checkout@v6 }
      - { uses: ./tell }`;
const releaseOf = (environment: string) => `name: release
on: { push: { tags: ['v*'] }, workflow_dispatch: { inputs: { dry-run: { type: boolean, default: false } } } }
permissions: { id-token: write, deployments: write }
jobs:
  deploy:
    runs-on: x
    steps:
      - run: 'echo "$GITHUB_EVENT_NAME $GITHUB_REF $GITHUB_REF_TYPE $GITHUB_REF_NAME dry=\${{ inputs.dry-run }}"'
      - run: echo "# first" >> "$GITHUB_STEP_SUMMARY"${tell}
  promote:
    needs: deploy
    runs-on: x
    environment: ${environment}
    steps:
      - run: echo "# last" >> "$GITHUB_STEP_SUMMARY"${tell}
  after: { needs: promote, runs-on: x, steps: [{ run: echo after }] }
`;
/** Tells whom GitHub says it is, and files a deployment of its own. */
const telling = {
  'tell/action.yml': `name: t\ndescription: d\ninputs: { token: { default: "\${{ github.token }}" } }\nruns: { using: node24, main: main.mjs }\n`,
  'tell/main.mjs': `const { env } = process;
const answer = await fetch(env.ACTIONS_ID_TOKEN_REQUEST_URL + '&audience=a', { headers: { authorization: 'Bearer ' + env.ACTIONS_ID_TOKEN_REQUEST_TOKEN } });
const claims = JSON.parse(Buffer.from((await answer.json()).value.split('.')[1], 'base64url').toString());
console.log('claims', claims.sub.replace(/local\\/[^:]+/, 'o/r'), claims.ref_type, claims.environment ?? 'no environment');`,
};
const own = '{ name: production, deployment: false }';

describe('a release in one cloud', () => {
  test('runs the pull request, main and the tag, and grants the approval', async () => {
    write({ '.github/workflows/train.yml': train, '.github/workflows/release.yml': releaseOf(own), ...telling });
    const { lines, result } = await play(['--release']);
    expect(result?.runs.map(({ event, workflow, jobs }) => [event.kind, workflow, jobs.map((job) => job.result)])).toEqual([
      ['pull_request', '.github/workflows/train.yml', ['success']],
      ['push', '.github/workflows/train.yml', ['success']],
      ['tag', '.github/workflows/release.yml', ['success', 'success', 'success']],
    ]);
    expect(result?.runs.at(-1)?.summary).toBe('# last');
    expect(lines).toEqual(
      expect.arrayContaining([
        'train 1',
        'train 2',
        expect.stringMatching(/^release: tag v0\.0\.0-rehearsal on [\da-f]{7}$/),
        'push refs/tags/v0.0.0-rehearsal tag v0.0.0-rehearsal dry=',
        'claims repo:o/r:ref:refs/tags/v0.0.0-rehearsal tag no environment',
        'approval for production: granted by the rehearsal',
        'claims repo:o/r:environment:production tag production',
      ]),
    );
    expect(result?.live).toEqual([]);
  });

  test('that is denied runs no step of the job and fails; what needs it is skipped', async () => {
    write({ '.github/workflows/release.yml': releaseOf(own), ...telling });
    const { lines, result } = await play(['--event', 'tag=.github/workflows/release.yml', '--deny']);
    expect(result?.runs[0]?.jobs.map((job) => job.result)).toEqual(['success', 'failure', 'skipped']);
    expect(result?.runs[0]?.summary).toBe('# first');
    expect(lines).toContain('approval for production: refused by the rehearsal');
    expect(lines.join('\n')).toContain('The deployment was rejected');
  });

  test('gets a deployment of GitHub’s own where the job does not turn it off', async () => {
    write({ '.github/workflows/release.yml': releaseOf('production'), ...telling });
    const { result } = await play(['--event', 'tag=.github/workflows/release.yml']);
    expect(result?.live).toEqual([
      expect.stringMatching(/^deployment of v0\.0\.0-rehearsal \([\da-f]{7}\) to production: success$/),
    ]);
  });

  test('a second tag has a name of its own; a start by hand has its inputs', async () => {
    write({ 'w.yml': releaseOf(own), ...telling });
    const args = [
      '--workflow',
      'w.yml',
      '--event',
      'tag',
      '--event',
      'tag',
      '--event',
      'workflow_dispatch',
      '--input',
      'dry-run=true',
    ];
    const { lines } = await play(args);
    expect(lines).toEqual(
      expect.arrayContaining([
        'push refs/tags/v0.0.0-rehearsal.2 tag v0.0.0-rehearsal.2 dry=',
        'workflow_dispatch refs/heads/main branch main dry=true',
        'claims repo:o/r:ref:refs/heads/main branch no environment',
      ]),
    );
    const refused = await play([
      '--workflow',
      'w.yml',
      '--event',
      'workflow_dispatch',
      '--input',
      'wet=1',
      '--event',
      'push=none.yml',
    ]);
    expect(refused.result).toBeUndefined();
    expect(refused.lines.join('\n')).toContain('--input wet: the workflow has no such input; it has dry-run.');
    expect(refused.lines.join('\n')).toContain('There is no workflow none.yml');
  });
});

const role = (name: string) => `arn:aws:iam::000000000000:role/${name}`;

test('the account has the buckets and roles of every environment, and a question for live', async () => {
  write({
    'event.json': '{"pixels":[1]}',
    'train.py': '',
    'inference.py': '',
    'trainyard.yml': `name: digits
bucket: a-bucket
roles: { training: ${role('t')}, serving: ${role('s')}, lambda: ${role('l')} }
code: { directory: ., entry-point: train.py }
image: scikit-learn-1.4-2
train: { max-runtime: 1m, runs: { one: { instance-type: ml.m5.large } } }
serve: { entry-point: inference.py, instance-type: ml.m5.large }
smoke:
  - { name: far, event: { url: "https://example.com/a.png" }, expect: { status: 200 } }
  - { name: near, event: { file: event.json }, expect: { status: 200 } }
environments:
  production: { bucket: b-bucket, roles: { serving: ${role('p')}, lambda: ${role('t')} } }
`,
  });
  expect(await readCloudSetup(folder, 'trainyard.yml')).toMatchObject({
    buckets: ['a-bucket', 'b-bucket'],
    roles: [
      { arn: role('t'), trust: ['sagemaker.amazonaws.com', 'lambda.amazonaws.com'] },
      { arn: role('s'), trust: ['sagemaker.amazonaws.com'] },
      { arn: role('l'), trust: ['lambda.amazonaws.com'] },
      { arn: role('p'), trust: ['sagemaker.amazonaws.com'] },
    ],
    functionName: 'digits-invoke',
    question: { name: 'near', payload: '{"pixels":[1]}' },
  });
});

describe('what is live', () => {
  let server: Server;
  let answers: Record<string, unknown>;
  const asked: string[] = [];
  let refuse = false;
  const cloud = () => {
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : '';
    return { url: `http://127.0.0.1:${port}`, region: 'us-east-1', accessKeyId: 'k', secretAccessKey: 's' };
  };
  beforeEach(async () => {
    asked.length = 0;
    server = createServer((request, response) => {
      const called = String(request.headers['x-amz-target'] ?? request.url);
      const answer = answers[called];
      // Every second call is refused, as weather does it.
      refuse = !refuse;
      if (refuse) response.writeHead(400).end('{"__type":"ThrottlingException","message":"Rate exceeded"}');
      else if (answer === undefined) response.writeHead(404, { 'x-amzn-errortype': 'ResourceNotFoundException' }).end('{}');
      else response.writeHead(200).end(JSON.stringify(answer));
      const note = (body: string) => asked.push(`${request.headers.authorization?.split('/')[3]} ${called} ${body}`.trim());
      void readText(request).then(note);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterEach(() => new Promise((resolve) => server.close(resolve)));
  const path = '/2015-03-31/functions/digits-invoke';

  test('is told by the aliases, their versions, the endpoints, and an answer', async () => {
    answers = {
      [`${path}/aliases`]: {
        Aliases: [
          { Name: 'live', FunctionVersion: '2' },
          { Name: 'previous', FunctionVersion: '1' },
        ],
      },
      [`${path}/configuration?Qualifier=2`]: { Environment: { Variables: { TRAINYARD_ENDPOINT: 'digits-aa' } } },
      [`${path}/configuration?Qualifier=1`]: {},
      [`${path}/invocations?Qualifier=live`]: { statusCode: 200, body: '[7]' },
      'SageMaker.DescribeEndpoint': { EndpointStatus: 'InService', ProductionVariants: [{ CurrentInstanceCount: 2 }] },
    };
    expect(await describeLive(cloud(), 'digits-invoke', { name: 'a seven', payload: '{"x":1}' })).toEqual([
      'digits-invoke:live  version 2 → endpoint digits-aa (InService, 2 instances)',
      'digits-invoke:previous  version 1 → an endpoint it does not name',
      'digits-invoke:live  answers "a seven" with 200: [7]',
    ]);
    expect(asked).toContain(`lambda ${path}/invocations?Qualifier=live {"x":1}`);
    expect(asked).toContain('sagemaker SageMaker.DescribeEndpoint {"EndpointName":"digits-aa"}');
  });

  test('is nothing before the first promotion, and without a function', async () => {
    answers = { [`${path}/aliases`]: { Aliases: [] } };
    expect(await describeLive(cloud(), 'digits-invoke', undefined)).toEqual(['digits-invoke:live  nothing is live']);
    answers = {};
    expect(await describeLive(cloud(), 'digits-invoke', undefined)).toEqual(['digits-invoke  nothing was released']);
    const gone = cloud();
    server.close();
    server.closeAllConnections();
    expect(await describeLive(gone, 'digits-invoke', undefined)).toEqual(['digits-invoke  its aliases could not be read']);
    expect(await describeLive(cloud(), undefined, undefined)).toEqual([]);
  });

  test('deployments are told with their last state', () => {
    const at = '2026-11-22T00:00:00.000Z';
    const creator = { login: 'x', bot: true };
    const common = { task: 'deploy', payload: {}, transient: false, production: true, creator, created: at, updated: at };
    const status = { description: 'promoted', environment: 'production', logUrl: '', environmentUrl: '', creator, created: at };
    const one = { ...common, id: 1, sha: 'c0ffee00', ref: 'v1', environment: 'production', description: null };
    expect(
      describeDeployments([
        { ...one, ref: one.sha, statuses: [] },
        { ...one, statuses: [{ ...status, id: 1, state: 'success' }] },
      ]),
    ).toEqual(['deployment of c0ffee0 to production: no status', 'deployment of v1 (c0ffee0) to production: success – promoted']);
  });
});
