import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createGate } from '../../../src/cloud/gate.ts';
import { type LocalGitHub, startGitHub } from '../../../src/cloud/github/start.ts';
import { createJournal } from '../../../src/cloud/journal.ts';
import { createWorkflowRuns } from '../../../src/github/workflow-runs.ts';
import { systemClock } from '../../../src/time/clock.ts';

const repository = { owner: 'o', name: 'r', id: 2, ownerId: 1, defaultBranch: 'main' };
const run = {
  id: 3,
  name: 'release',
  path: '.github/workflows/release.yml',
  event: 'push',
  headBranch: 'v1',
  headSha: 'd',
  attempt: 1,
};

let github: LocalGitHub;

beforeEach(async () => {
  github = await startGitHub({ journal: createJournal(), gate: createGate(), clock: systemClock, repository });
});
afterEach(() => github.close());

const tokenWith = (permissions: Record<string, 'read'>) => github.addToken({ login: 'bot', bot: true, permissions });

async function show(id: number): Promise<{ status: number; body: unknown }> {
  const headers = { authorization: `token ${tokenWith({ actions: 'read' })}` };
  const response = await fetch(`${github.apiUrl}/repos/o/r/actions/runs/${id}`, { headers });
  return { status: response.status, body: await response.json() };
}

test('a run goes on without a conclusion, and is completed with one; its next attempt goes on again', async () => {
  const complete = github.startRun(run);
  expect(await show(3)).toMatchObject({
    status: 200,
    body: { id: 3, status: 'in_progress', conclusion: null, head_branch: 'v1', head_sha: 'd', run_attempt: 1 },
  });
  complete('failure');
  expect((await show(3)).body).toMatchObject({ status: 'completed', conclusion: 'failure' });
  github.startRun({ ...run, attempt: 2 });
  expect((await show(3)).body).toMatchObject({ status: 'in_progress', conclusion: null, run_attempt: 2 });
  expect((await show(4)).status).toBe(404);
});

test('clean-up is told whether a run is over, and nothing without the permission or of a run that is not there', async () => {
  const complete = github.startRun(run);
  const runsWith = (permissions: Record<string, 'read'>) =>
    createWorkflowRuns({ token: tokenWith(permissions), apiUrl: github.apiUrl, repository });
  const runs = runsWith({ actions: 'read' });
  expect(await runs.isOver('3')).toBe(false);
  complete('cancelled');
  expect(await runs.isOver('3')).toBe(true);
  expect(await runs.isOver('4')).toBeUndefined();
  expect(await runsWith({ contents: 'read' }).isOver('3')).toBeUndefined();
});
