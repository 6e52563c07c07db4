import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { baseCommit, bucket, headCommit, pullNumber, releaseTag, repository, trainingRole } from './facts.ts';
import type { LocalCloud } from './local-cloud.ts';
import { type RunningStep, startStep, type StepOutcome } from './step.ts';

/** A script that trains nothing but does what trainings do; its hyperparameters say how it goes on and ends. */
const trainScript = `
import argparse, json, os, signal, sys, time

parser = argparse.ArgumentParser()
parser.add_argument('--seconds', type=float, default=0.3)
parser.add_argument('--rest', type=float, default=0)
parser.add_argument('--exit-code', type=int, default=0)
parser.add_argument('--say', default='')
parser.add_argument('--deaf', type=int, default=0, help='whether it ignores being asked to end')
arguments = parser.parse_args()
if arguments.deaf:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)

print('starting on', os.environ['SM_CURRENT_HOST'] == json.loads(os.environ['SM_HOSTS'])[0] and 'the first host' or 'another host')
if arguments.say:
    print(arguments.say)
end = time.monotonic() + arguments.seconds
step = 0
while time.monotonic() < end:
    step += 1
    sum(i * i for i in range(20000))
    if step % 20 == 1:
        print(f'epoch {step // 20 + 1} test loss: {1 / step:.4f}')
time.sleep(arguments.rest)
print('test loss: 0.2500')
if arguments.exit_code:
    raise SystemExit(f'the labels are missing: exit {arguments.exit_code}') if arguments.exit_code == 1 else sys.exit(arguments.exit_code)
with open(os.path.join(os.environ['SM_MODEL_DIR'], 'model.json'), 'w') as file:
    json.dump({'answer': 42}, file)
`;

const specText = `name: digits
region: us-east-1
bucket: ${bucket}
roles: { training: '${trainingRole}' }
code: { directory: model, entry-point: train.py }
image: scikit-learn-1.4-2
data:
  training: { from: data }
hyperparameters: { seconds: 0.3 }
metrics: { test-loss: 'test loss: ([0-9.]+)' }
train:
  max-runtime: 5m
  runs:
    single: { instance-type: ml.m5.xlarge }
`;

export interface Project {
  folder: string;
  write(path: string, text: string): void;
  remove(): void;
}

export interface ProjectChanges {
  /** Hyperparameters of the script above, beside or instead of its seconds. */
  hyperparameters?: Record<string, string | number>;
  /** Changes of the spec's text. */
  spec?: (text: string) => string;
  /** Whole files by their path. */
  files?: Record<string, string>;
}

/** A user's checkout: a spec, a script and a little data. */
export function createProject(changes: ProjectChanges = {}): Project {
  const folder = mkdtempSync(join(tmpdir(), 'trainyard-project-'));
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  const hyperparameters = JSON.stringify({ seconds: 0.3, ...changes.hyperparameters });
  const spec = specText.replace('hyperparameters: { seconds: 0.3 }', () => `hyperparameters: ${hyperparameters}`);
  const files = {
    'trainyard.yml': changes.spec ? changes.spec(spec) : spec,
    'model/train.py': trainScript,
    'data/part-1.csv': '1,2,3\n4,5,6\n',
    ...changes.files,
  };
  for (const [path, text] of Object.entries(files)) write(path, text);
  return { folder, write, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

export interface JobOptions {
  cloud: LocalCloud;
  project: Project;
  event?: 'pull_request' | 'fork' | 'push' | 'tag';
  runId?: string;
  attempt?: number;
  /** Of the commit that the event is about. */
  commit?: string;
  actor?: string;
  /** What the job's token may do; a fork's may only read. */
  token?: 'write' | 'read' | 'release';
  env?: Record<string, string>;
}

export interface Job {
  readonly runId: string;
  train(inputs?: Record<string, string>): RunningStep;
  /** The post of a train step. */
  afterTrain(main: StepOutcome, inputs?: Record<string, string>): RunningStep;
  report(inputs?: Record<string, string>): RunningStep;
  /** A step of another action, e.g. `deploy-endpoint`. */
  step(action: string, inputs?: Record<string, string>): RunningStep;
  /** The post of such a step. */
  afterStep(action: string, main: StepOutcome, inputs?: Record<string, string>): RunningStep;
  remove(): void;
}

/** One job of a workflow run, whose steps share a temp folder, an event and a token. */
export function startJob(options: JobOptions): Job {
  const { cloud, project } = options;
  const event = options.event ?? 'pull_request';
  const temp = mkdtempSync(join(tmpdir(), 'trainyard-job-'));
  const eventPath = join(temp, 'event.json');
  writeFileSync(eventPath, JSON.stringify(payload(event, options.commit ?? headCommit)));
  const fork = event === 'fork';
  const { aws, github } = cloud;
  const runId = options.runId ?? '9001';
  const env: Record<string, string> = {
    GITHUB_REPOSITORY: `${repository.owner}/${repository.name}`,
    GITHUB_REPOSITORY_ID: String(repository.id),
    GITHUB_REPOSITORY_OWNER: repository.owner,
    GITHUB_SERVER_URL: github.serverUrl,
    GITHUB_API_URL: github.apiUrl,
    GITHUB_EVENT_PATH: eventPath,
    ...refOf(event, options.commit),
    GITHUB_ACTOR: options.actor ?? 'octocat',
    GITHUB_WORKFLOW: 'train',
    GITHUB_RUN_ID: runId,
    GITHUB_RUN_ATTEMPT: String(options.attempt ?? 1),
    GITHUB_JOB: 'train',
    AWS_ENDPOINT_URL: aws.url,
    AWS_REGION: aws.region,
    ...(fork ? {} : { AWS_ACCESS_KEY_ID: aws.accessKeyId, AWS_SECRET_ACCESS_KEY: aws.secretAccessKey }),
    AWS_EC2_METADATA_DISABLED: 'true',
    ...(fork
      ? {}
      : {
          ACTIONS_ID_TOKEN_REQUEST_URL: github.idTokenRequestUrl,
          ACTIONS_ID_TOKEN_REQUEST_TOKEN: github.idTokenRequestToken,
        }),
    ...options.env,
  };
  const common = { token: github.tokens[options.token ?? defaultToken[event]], workspace: project.folder, temp };
  const stepEnv = (action: string) => ({ ...env, GITHUB_ACTION: `__trainyard_${action}` });
  const trainEnv = { ...env, GITHUB_ACTION: '__trainyard_train' };
  return {
    runId,
    train: (inputs = {}) => startStep({ ...common, action: 'actions/train-model', inputs, env: trainEnv }),
    afterTrain: (main, inputs = {}) =>
      startStep({ ...common, action: 'actions/train-model', phase: 'post', inputs, env: trainEnv, state: main.state }),
    report: (inputs = {}) => startStep({ ...common, action: '.', inputs, env: { ...env, GITHUB_ACTION: '__trainyard_report' } }),
    step: (action, inputs = {}) => startStep({ ...common, action: `actions/${action}`, inputs, env: stepEnv(action) }),
    afterStep: (action, main, inputs = {}) =>
      startStep({ ...common, action: `actions/${action}`, phase: 'post', inputs, env: stepEnv(action), state: main.state }),
    remove: () => rmSync(temp, { recursive: true, force: true }),
  };
}

const defaultToken = { pull_request: 'write', push: 'write', fork: 'read', tag: 'release' } as const;
type Event = NonNullable<JobOptions['event']>;

/** The variables that say what the event is about. */
function refOf(event: Event, commit: string | undefined): Record<string, string> {
  if (event === 'tag') {
    const name = releaseTag;
    return {
      GITHUB_EVENT_NAME: 'push',
      GITHUB_REF: `refs/tags/${name}`,
      GITHUB_REF_NAME: name,
      GITHUB_SHA: commit ?? headCommit,
    };
  }
  if (event === 'push') {
    return {
      GITHUB_EVENT_NAME: 'push',
      GITHUB_REF: 'refs/heads/main',
      GITHUB_REF_NAME: 'main',
      GITHUB_SHA: commit ?? baseCommit,
    };
  }
  return {
    GITHUB_EVENT_NAME: 'pull_request',
    GITHUB_REF: `refs/pull/${pullNumber}/merge`,
    GITHUB_REF_NAME: `${pullNumber}/merge`,
    GITHUB_SHA: 'feedfacefeedfacefeedfacefeedfacefeedface',
  };
}

function payload(event: Event, commit: string): unknown {
  const repo = { id: repository.id, name: repository.name, default_branch: 'main', owner: { login: repository.owner } };
  if (event === 'tag') return { ref: `refs/tags/${releaseTag}`, after: commit, repository: repo };
  if (event === 'push') return { ref: 'refs/heads/main', after: commit, repository: repo };
  return {
    action: 'synchronize',
    number: pullNumber,
    repository: repo,
    pull_request: {
      number: pullNumber,
      title: 'Try a wider layer',
      head: { sha: commit, ref: 'wider', repo: event === 'fork' ? { ...repo, id: 9999 } : repo },
      base: { sha: baseCommit, ref: 'main', repo },
    },
  };
}
