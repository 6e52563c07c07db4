import { expect, test } from '@jest/globals';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Project, ProjectChanges } from '../support/job.ts';
import { expectEnd, inProject, readJournal, readResult, rehearse } from '../support/rehearsal.ts';
import { until } from '../support/until.ts';
import { weathers } from '../support/world.ts';

const workflow = `name: train
on:
  pull_request:
  push: { branches: [main] }
permissions: {}
jobs:
  train:
    runs-on: ubuntu-24.04
    permissions: { contents: read, id-token: write, pull-requests: write }
    steps:
      - uses: actions/checkout@v6
      - uses: octo-org/trainyard/actions/train-model@v1
  report:
    needs: train
    if: always()
    runs-on: ubuntu-24.04
    permissions: { contents: read, id-token: write, pull-requests: write }
    steps:
      - uses: actions/checkout@v6
      - id: report
        uses: octo-org/trainyard@v1
      - uses: actions/upload-artifact@v7
        with: { path: '\${{ steps.report.outputs.html }}' }
`;

const inTrainingProject = (changes: ProjectChanges, act: (project: Project) => Promise<void>) =>
  inProject({ ...changes, files: { '.github/workflows/train.yml': workflow, ...changes.files } }, act);

test.concurrent.each(weathers)('a rehearsal trains, reports and leaves its files, in %s weather', (weather) =>
  inTrainingProject({}, async (project) => {
    const rehearsal = rehearse(project, '--weather', weather);
    await expectEnd(rehearsal, 0, 'the comment on the pull request');
    expect(rehearsal.output()).toContain('pull_request: train success, report success');
    expect(readResult(project, 'comment.md')).toMatch(/### Rehearsal: ✅ digits/);
    const artifacts = join(project.folder, '.trainyard/rehearsal/artifacts');
    expect(readdirSync(artifacts, { recursive: true }).some((name) => String(name).endsWith('.html'))).toBe(true);
    const journal = readJournal(project);
    expect(journal.filter(({ operation, status }) => operation === 'CreateTrainingJob' && status === 200)).toHaveLength(1);
    expect(journal.filter(({ illegal }) => illegal?.length)).toEqual([]);
  }),
);

test.concurrent('a push to main first gives the pull request something to be compared with', () =>
  inTrainingProject({}, async (project) => {
    const rehearsal = rehearse(project, '--baseline');
    await expectEnd(rehearsal, 0, 'push: train success');
    expect(readResult(project, 'comment.md')).toMatch(/Versus main:\*\* (?!nothing)/);
  }));

test.concurrent.each(weathers)('Ctrl-C ends a rehearsal as GitHub cancels a run, in %s weather', (weather) =>
  inTrainingProject({ hyperparameters: { seconds: 300 } }, async (project) => {
    const rehearsal = rehearse(project, '--weather', weather);
    try {
      await until('the job to train', () => /single: Training\b/.exec(rehearsal.output()) ?? undefined, 60);
    } finally {
      rehearsal.child.kill('SIGINT');
    }
    await expectEnd(rehearsal, 130, 'Cancelling, as GitHub does');
    expect(rehearsal.output()).toContain('train cancelled');
    expect(readJournal(project).some(({ operation, status }) => operation === 'StopTrainingJob' && status === 200)).toBe(true);
    const comment = readResult(project, 'comment.md');
    expect(comment).toMatch(/cancelled/);
    expect(comment).not.toMatch(/not yet confirmed|still running/);
  }),
);

test.concurrent.each(weathers)(
  'a rehearsal whose training fails exits with 1, and its comment says why, in %s weather',
  (weather) =>
    inTrainingProject({ hyperparameters: { 'exit-code': 3 } }, async (project) => {
      const rehearsal = rehearse(project, '--weather', weather);
      await expectEnd(rehearsal, 1, 'train failure, report success');
      expect(readResult(project, 'comment.md')).toContain('❌');
    }),
);

test.concurrent('what cannot be rehearsed ends with 2 and says why', () =>
  inTrainingProject({}, async (project) => {
    const rehearsal = rehearse(project, '--workflow', '.github/workflows/trian.yml');
    await expectEnd(rehearsal, 2, 'There is no workflow');
  }));
