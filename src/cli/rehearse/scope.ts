import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Scope } from './expressions.ts';
import { matchesPatterns } from './patterns.ts';
import type { JobState, StepList } from './run.ts';

/** What the expressions of a step see. */
export function stepScope(state: JobState, list: StepList, env: Readonly<Record<string, string>>): Scope {
  return {
    contexts: {
      ...state.contexts,
      env,
      steps: list.steps,
      job: { status: state.status },
      runner: runnerContext(state),
      inputs: list.inputs,
      ...(list.actionPath ? { github: { ...githubOf(state), action_path: list.actionPath } } : {}),
    },
    status: state.status === 'cancelled' ? 'cancelled' : list.status,
    hashFiles: (patterns) => hashFiles(state.workspace, patterns),
  };
}

function githubOf(state: JobState): object {
  const { github } = state.contexts;
  return typeof github === 'object' && github !== null ? github : {};
}

export function runnerContext(state: { temp: string; run: { temp: string } }) {
  const systems: Record<string, string> = { darwin: 'macOS', win32: 'Windows' };
  return {
    name: 'rehearsal',
    os: systems[process.platform] ?? 'Linux',
    arch: process.arch.toUpperCase(),
    temp: state.temp,
    tool_cache: join(state.run.temp, 'tools'),
    environment: 'self-hosted',
    debug: '',
  };
}

function hashFiles(workspace: string, patterns: readonly string[]): string {
  const files = readdirSync(workspace, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => matchesPatterns(relative(workspace, path), patterns))
    .sort();
  if (files.length === 0) return '';
  const hash = createHash('sha256');
  for (const path of files) hash.update(createHash('sha256').update(readFileSync(path)).digest());
  return hash.digest('hex');
}
