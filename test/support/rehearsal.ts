import { expect } from '@jest/globals';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createProject, type Project, type ProjectChanges } from './job.ts';
import { processesUsing } from './processes.ts';
import { productRoot } from './step.ts';

export interface Rehearsal {
  readonly child: ChildProcess;
  output(): string;
  readonly ended: Promise<number | null>;
}

/** Rehearses a small project with the bundle, as its user would; temporary files go below the project, so that all it starts can be found. */
export function rehearse(project: Project, ...args: string[]): Rehearsal {
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

/** Runs with a project of its own, and fails when anything that was started is left: a process or a file. */
export async function inProject(changes: ProjectChanges, act: (project: Project) => Promise<void>): Promise<void> {
  const project = createProject(changes);
  try {
    await act(project);
    expect(processesUsing(project.folder)).toEqual([]);
    expect(readdirSync(join(project.folder, '.trainyard/temp'))).toEqual([]);
  } finally {
    project.remove();
  }
}

/** Fails with all that was said when it ended otherwise. */
export async function expectEnd(rehearsal: Rehearsal, code: number, words: string): Promise<void> {
  const ended = await rehearsal.ended;
  if (ended !== code) throw new Error(`It ended with ${ended}, not ${code}:\n${rehearsal.output()}`);
  expect(rehearsal.output()).toContain(words);
}

/** A file that the rehearsal left for its user. */
export function readResult(project: Project, name: string): string {
  return readFileSync(join(project.folder, '.trainyard/rehearsal', name), 'utf8');
}

interface Entry {
  readonly service: string;
  readonly operation: string;
  readonly input: unknown;
  readonly status?: number;
  readonly illegal?: string[];
}

/** Every request of the rehearsal, of AWS and of GitHub. */
export function readJournal(project: Project): Entry[] {
  return JSON.parse(readResult(project, 'journal.json')) as Entry[];
}
