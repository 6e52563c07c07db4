/**
 * An AWS and a GitHub with one pull request in one process, for the scenarios: they share a journal and a gate, so that a test can
 * hold any call of either. Run as `node cloud-process.ts <options as JSON>`; prints its addresses as one line of JSON when it is
 * ready, and ends with its parent or on SIGTERM. What a test wants to see it reads from `observerUrl`, past journal, gate and weather.
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { flushCompileCache } from 'node:module';
import { createGate } from '../../src/cloud/gate.ts';
import { startGitHub } from '../../src/cloud/github/start.ts';
import { createJournal } from '../../src/cloud/journal.ts';
import { startCloud } from '../../src/cloud/start.ts';
import { systemClock } from '../../src/time/clock.ts';
import { baseCommit, bucket, headCommit, olderCommit, pullNumber, repository } from './facts.ts';
import type { Addresses, CloudProcessOptions } from './local-cloud.ts';

const options = JSON.parse(process.argv[2] ?? '{}') as CloudProcessOptions;
const journal = createJournal(systemClock);
const gate = createGate(systemClock);
const github = await startGitHub({
  journal,
  gate,
  clock: systemClock,
  repository: { ...repository, ownerId: 77, defaultBranch: 'main' },
  seed: {
    commits: [
      { sha: headCommit, parents: [baseCommit], date: '2026-11-20T10:00:00Z', message: 'Try a wider layer' },
      { sha: baseCommit, parents: [olderCommit], date: '2026-11-19T10:00:00Z', message: 'Read the labels once' },
      { sha: olderCommit, parents: [], date: '2026-11-18T10:00:00Z', message: 'First' },
    ],
    branches: { main: baseCommit, wider: headCommit },
    tags: { 'v1.0.0': olderCommit, 'v1.1.0': baseCommit, 'v1.2.0': headCommit },
    environments: ['production'],
    pulls: [
      {
        number: pullNumber,
        title: 'Try a wider layer',
        state: 'open',
        head: { ref: 'wider', sha: headCommit },
        base: { ref: 'main', sha: baseCommit },
        author: 'octocat',
        draft: false,
        fork: options.fork ?? false,
      },
    ],
  },
});
const aws = await startCloud({
  folder: options.folder,
  weather: options.weather ?? 'calm',
  seed: options.seed ?? 1,
  buckets: options.buckets,
  roles: options.roles,
  verifyWebIdentity: github.verifyWebIdentity,
  ...(options.maxSessionSeconds === undefined ? {} : { maxSessionSeconds: options.maxSessionSeconds }),
  training: options.training ?? {},
  functions: options.functions ?? {},
  ec2: options.ec2 ?? {},
  journal,
  gate,
});
// Where there is one: this process is ended by a signal, and hundreds like it compile the same.
flushCompileCache();
const bot = { login: 'github-actions[bot]', bot: true };
const identity = github.allowIdToken({
  repository: `${repository.owner}/${repository.name}`,
  repository_id: String(repository.id),
  repository_owner: repository.owner,
  repository_owner_id: '77',
  ref: `refs/pull/${pullNumber}/merge`,
  sha: headCommit,
  event_name: 'pull_request',
  head_ref: 'wider',
  base_ref: 'main',
  workflow: 'train',
  workflow_ref: `${repository.owner}/${repository.name}/.github/workflows/train.yml@refs/pull/${pullNumber}/merge`,
  run_id: '1',
  run_number: '1',
  run_attempt: '1',
  actor: 'octocat',
});

/**
 * `/records?prefix=…`: the objects below a prefix of the bucket, each parsed as JSON. `/comments`: those of the pull request.
 * `/deployments`: all, with their statuses.
 */
const observer = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://observer');
  const { buckets } = aws.cloud;
  const records = () =>
    buckets
      .list(bucket, searchParams.get('prefix') ?? '')
      .flatMap(({ key }) => buckets.fileOf(bucket, key) ?? [])
      .map((path): unknown => JSON.parse(readFileSync(path, 'utf8')));
  const shown = { '/records': records, '/comments': () => github.comments(pullNumber), '/deployments': () => github.deployments };
  response.end(JSON.stringify(shown[pathname as keyof typeof shown]()));
});
await new Promise<void>((resolve) => observer.listen(0, '127.0.0.1', resolve));
const observerAddress = observer.address();

const addresses: Addresses = {
  observerUrl: `http://127.0.0.1:${typeof observerAddress === 'object' ? observerAddress?.port : ''}`,
  aws: { url: aws.url, region: aws.cloud.region, accessKeyId: 'local', secretAccessKey: 'local' },
  github: {
    apiUrl: github.apiUrl,
    serverUrl: github.serverUrl,
    tokens: {
      write: github.addToken({ ...bot, permissions: { contents: 'read', 'pull-requests': 'write', issues: 'write' } }),
      read: github.addToken({ ...bot, permissions: { contents: 'read', 'pull-requests': 'read', issues: 'read' } }),
      release: github.addToken({ ...bot, permissions: { contents: 'read', deployments: 'write' } }),
      stranger: github.addToken({ login: 'stranger', bot: false, permissions: { issues: 'write' } }),
    },
    idTokenRequestUrl: identity.url,
    idTokenRequestToken: identity.token,
  },
};
process.stdout.write(`${JSON.stringify(addresses)}\n`);

let closing = false;
async function close(): Promise<void> {
  if (closing) return;
  closing = true;
  observer.closeAllConnections();
  await Promise.all([aws.close(), github.close()]);
  process.exit(0);
}
process.on('SIGTERM', () => void close());
process.stdin.on('end', () => void close()).resume();
