import { describe, expect, test } from '@jest/globals';
import type { RunContext, Zone } from '../../../src/records/context.ts';
import { findZone, readZone } from '../../../src/records/zone.ts';

const push = (ref: string): RunContext => ({
  repository: { id: '42', owner: 'acme', name: 'dogs' },
  serverUrl: 'https://github.com',
  event: 'push',
  commit: 'c'.repeat(40),
  ref,
  defaultBranch: 'main',
  actor: 'alice',
  workflow: { name: 'train', runId: '1', attempt: 1, job: 'train', step: 's', matrix: 'null' },
});
const pullRequest = { number: 7, title: 't', headRef: 'h', baseRef: 'main', baseCommit: 'b', fork: false };

test.each<[string, RunContext, Zone | undefined]>([
  ['a pull request', { ...push('refs/pull/7/merge'), pullRequest }, { kind: 'pull-request', number: 7 }],
  ['a pull request that names main', { ...push('refs/heads/main'), pullRequest }, { kind: 'pull-request', number: 7 }],
  ['a push to main', push('refs/heads/main'), { kind: 'main' }],
  ['a tag', push('refs/tags/v1'), { kind: 'release' }],
  ['a tag called main', push('refs/tags/main'), { kind: 'release' }],
  ['another branch', push('refs/heads/main2'), undefined],
])('%s', (_, context, zone) => {
  expect(findZone(context)).toEqual(zone);
});

const none = async () => undefined;

describe('another branch', () => {
  test('writes to its open pull request', async () => {
    expect(await readZone(push('refs/heads/batches'), async () => 9)).toEqual({ kind: 'pull-request', number: 9 });
  });

  test('without one is told what to do', async () => {
    await expect(readZone(push('refs/heads/batches'), none)).rejects.toMatchObject({
      kind: 'configuration',
      fix: expect.stringContaining('open a pull request'),
    });
  });
});
