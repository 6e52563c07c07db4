import { expect, test } from '@jest/globals';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createProject, type Project, type ProjectChanges } from '../support/job.ts';
import { processesUsing } from '../support/processes.ts';
import { productRoot } from '../support/step.ts';
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

interface Rehearsal {
  readonly child: ChildProcess;
  output(): string;
  readonly ended: Promise<number | null>;
}

/** Rehearses a small project with the bundle, as its user would; temporary files go below the project, so that all it starts can be found. */
function rehearse(project: Project, ...args: string[]): Rehearsal {
  const temp = join(project.folder, '.trainyard', 'temp');
  mkdirSync(temp, { recursive: true });
  const child = spawn(process.execPath, [join(productRoot, 'dist/cli.js'), 'rehearse', ...args], {
    cwd: project.folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], LANG: 'C.UTF-8', TMPDIR: temp },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  return { child, output: () => output, ended: new Promise((resolve) => child.on('close', resolve)) };
}

async function inProject(changes: ProjectChanges, act: (project: Project) => Promise<void>): Promise<void> {
  const project = createProject({ ...changes, files: { '.github/workflows/train.yml': workflow, ...changes.files } });
  try {
    await act(project);
    expect(processesUsing(project.folder)).toEqual([]);
    expect(readdirSync(join(project.folder, '.trainyard/temp'))).toEqual([]);
  } finally {
    project.remove();
  }
}

/** Fails with all that was said when it ended otherwise. */
async function expectEnd(rehearsal: Rehearsal, code: number, words: string): Promise<void> {
  const ended = await rehearsal.ended;
  if (ended !== code) throw new Error(`It ended with ${ended}, not ${code}:\n${rehearsal.output()}`);
  expect(rehearsal.output()).toContain(words);
}

const read = (project: Project, name: string) => readFileSync(join(project.folder, '.trainyard/rehearsal', name), 'utf8');

interface Entry {
  service: string;
  operation: string;
  status?: number;
  illegal?: string[];
}
const readJournal = (project: Project) => JSON.parse(read(project, 'journal.json')) as Entry[];

test.concurrent.each(weathers)('a rehearsal trains, reports and leaves its files, in %s weather', (weather) =>
  inProject({}, async (project) => {
    const rehearsal = rehearse(project, '--weather', weather);
    await expectEnd(rehearsal, 0, 'the comment on the pull request');
    expect(rehearsal.output()).toContain('pull_request: train success, report success');
    expect(read(project, 'comment.md')).toMatch(/### Rehearsal: ✅ digits/);
    const artifacts = join(project.folder, '.trainyard/rehearsal/artifacts');
    expect(readdirSync(artifacts, { recursive: true }).some((name) => String(name).endsWith('.html'))).toBe(true);
    const journal = readJournal(project);
    expect(journal.filter(({ operation, status }) => operation === 'CreateTrainingJob' && status === 200)).toHaveLength(1);
    expect(journal.filter(({ illegal }) => illegal?.length)).toEqual([]);
  }),
);

test.concurrent('a push to main first gives the pull request something to be compared with', () =>
  inProject({}, async (project) => {
    const rehearsal = rehearse(project, '--baseline');
    await expectEnd(rehearsal, 0, 'push: train success');
    expect(read(project, 'comment.md')).toMatch(/Versus main:\*\* (?!nothing)/);
  }));

test.concurrent.each(weathers)('Ctrl-C ends a rehearsal as GitHub cancels a run, in %s weather', (weather) =>
  inProject({ hyperparameters: { seconds: 300 } }, async (project) => {
    const rehearsal = rehearse(project, '--weather', weather);
    try {
      await until('the job to train', () => /single: Training\b/.exec(rehearsal.output()) ?? undefined, 60);
    } finally {
      rehearsal.child.kill('SIGINT');
    }
    await expectEnd(rehearsal, 130, 'Cancelling, as GitHub does');
    expect(rehearsal.output()).toContain('train cancelled');
    expect(readJournal(project).some(({ operation, status }) => operation === 'StopTrainingJob' && status === 200)).toBe(true);
    const comment = read(project, 'comment.md');
    expect(comment).toMatch(/cancelled/);
    expect(comment).not.toMatch(/not yet confirmed|still running/);
  }),
);

test.concurrent.each(weathers)(
  'a rehearsal whose training fails exits with 1, and its comment says why, in %s weather',
  (weather) =>
    inProject({ hyperparameters: { 'exit-code': 3 } }, async (project) => {
      const rehearsal = rehearse(project, '--weather', weather);
      await expectEnd(rehearsal, 1, 'train failure, report success');
      expect(read(project, 'comment.md')).toContain('❌');
    }),
);

test.concurrent('what cannot be rehearsed ends with 2 and says why', () =>
  inProject({}, async (project) => {
    const rehearsal = rehearse(project, '--workflow', '.github/workflows/trian.yml');
    await expectEnd(rehearsal, 2, 'There is no workflow');
  }));
