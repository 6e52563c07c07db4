import { expect, test } from '@jest/globals';
import { getOctokit } from '@actions/github';
import { createGate } from '../../../src/cloud/gate.ts';
import { startGitHub } from '../../../src/cloud/github/start.ts';
import type { Pull } from '../../../src/cloud/github/state.ts';
import { createJournal } from '../../../src/cloud/journal.ts';
import { systemClock } from '../../../src/time/clock.ts';

test('the toolkit’s own client reads every page and gets errors it understands', async () => {
  const pull: Pull = {
    number: 1,
    title: 't',
    state: 'open',
    head: { ref: 'topic', sha: 'b' },
    base: { ref: 'main', sha: 'a' },
    author: 'dev',
    draft: false,
    fork: true,
  };
  const github = await startGitHub({
    journal: createJournal(),
    gate: createGate(),
    clock: systemClock,
    repository: { owner: 'o', name: 'r', id: 2, ownerId: 1, defaultBranch: 'main' },
    seed: { pulls: [pull] },
  });
  try {
    const token = github.addToken({ login: 'github-actions[bot]', bot: true, permissions: { issues: 'write' } });
    const { rest, paginate } = getOctokit(token, { baseUrl: github.apiUrl });
    const issue = { owner: 'o', repo: 'r', issue_number: 1 };
    for (let index = 0; index < 7; index += 1) await rest.issues.createComment({ ...issue, body: `n${index}` });
    const bodies = await paginate(rest.issues.listComments, { ...issue, per_page: 3 }, ({ data }) =>
      data.map(({ body }) => body),
    );
    expect(bodies).toEqual(['n0', 'n1', 'n2', 'n3', 'n4', 'n5', 'n6']);
    await expect(rest.pulls.get({ owner: 'o', repo: 'r', pull_number: 1 })).rejects.toMatchObject({
      status: 403,
      message: expect.stringContaining('Resource not accessible by integration'),
    });
  } finally {
    await github.close();
  }
});
