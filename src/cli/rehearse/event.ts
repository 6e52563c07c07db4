import { createHash } from 'node:crypto';
import { showPull, showRepository } from '../../cloud/github/pulls.ts';
import type { LocalGitHub } from '../../cloud/github/start.ts';
import type { Commit, Pull } from '../../cloud/github/state.ts';
import { matchesPatterns } from './patterns.ts';
import type { RepositoryFacts } from './repository.ts';
import type { EventFilter, Workflow } from './workflow.ts';

export type EventName = 'pull_request' | 'push';
export const eventNames: readonly EventName[] = ['pull_request', 'push'];
export const pullRequestNumber = 1;

/** What starts a workflow run, as the runner tells it to the steps. */
export interface RunEvent {
  readonly name: EventName;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly sha: string;
  readonly ref: string;
  readonly refName: string;
  readonly headRef: string;
  readonly baseRef: string;
  /** From a fork: no secrets, no identity token, a token that only reads. */
  readonly fork: boolean;
}

/** The merge commit GitHub makes for testing a pull request. */
export function mergeCommit(facts: RepositoryFacts): Commit {
  const sha = createHash('sha1').update(`merge ${facts.base} ${facts.head}`).digest('hex');
  const date = facts.commits[0]?.date ?? new Date(0).toISOString();
  return { sha, parents: [facts.base, facts.head], date, message: `Merge ${facts.head} into ${facts.base}` };
}

export function pullOf(facts: RepositoryFacts, actor: string, fork: boolean): Pull {
  return {
    number: pullRequestNumber,
    title: facts.commits[0]?.message ?? 'Rehearsal',
    state: 'open',
    head: { ref: facts.branch, sha: facts.head },
    base: { ref: facts.defaultBranch, sha: facts.base },
    author: actor,
    draft: false,
    fork,
  };
}

export function createEvent(
  name: EventName,
  facts: RepositoryFacts,
  github: Pick<LocalGitHub, 'state' | 'apiUrl' | 'serverUrl'>,
  pull: Pull,
): RunEvent {
  const repository = showRepository(github.state, github.apiUrl, github.serverUrl);
  const sender = { login: pull.author, id: 1, type: 'User' };
  if (name === 'pull_request') {
    const { number } = pull;
    return {
      name,
      payload: { action: 'opened', number, pull_request: showPull(github, pull), repository, sender },
      sha: mergeCommit(facts).sha,
      ref: `refs/pull/${number}/merge`,
      refName: `${number}/merge`,
      headRef: pull.head.ref,
      baseRef: pull.base.ref,
      fork: pull.fork,
    };
  }
  const commit = facts.commits.find((one) => one.sha === facts.base);
  return {
    name,
    payload: {
      ref: `refs/heads/${facts.defaultBranch}`,
      before: commit?.parents[0] ?? '0'.repeat(40),
      after: facts.base,
      head_commit: { id: facts.base, message: commit?.message ?? '', timestamp: commit?.date },
      repository,
      sender,
    },
    sha: facts.base,
    ref: `refs/heads/${facts.defaultBranch}`,
    refName: facts.defaultBranch,
    headRef: '',
    baseRef: '',
    fork: false,
  };
}

/**
 * Why GitHub would not start the workflow for this event; undefined when it would. `missing`: the workflow does not name the
 * event at all. `filtered`: one of its filters leaves it out, which a rehearsal says and then ignores.
 */
export function findMismatch(
  workflow: Workflow,
  event: RunEvent,
  changed: readonly string[],
): { kind: 'missing' | 'filtered'; why: string } | undefined {
  const { on } = workflow;
  const filters =
    typeof on === 'string' ? { [on]: null } : Array.isArray(on) ? Object.fromEntries(on.map((name) => [name, null])) : on;
  if (!(event.name in filters)) {
    return { kind: 'missing', why: `it runs on ${Object.keys(filters).join(', ')}, not on ${event.name}` };
  }
  const filter = filters[event.name];
  if (!filter || Array.isArray(filter)) return undefined;
  const why = checkTypes(filter, event) ?? checkBranches(filter, event) ?? checkPaths(filter, changed);
  return why ? { kind: 'filtered', why } : undefined;
}

function checkTypes(filter: EventFilter, event: RunEvent): string | undefined {
  const types = list(filter.types);
  if (types.length === 0 || event.name !== 'pull_request' || types.includes('opened')) return undefined;
  return `its types are ${types.join(', ')}, and the event is opened`;
}

function checkBranches(filter: EventFilter, event: RunEvent): string | undefined {
  const branch = event.baseRef || event.refName;
  const [only, ignored] = [list(filter.branches), list(filter['branches-ignore'])];
  if (only.length > 0 && !matchesPatterns(branch, only))
    return `its branches are ${only.join(', ')}, and the event is on ${branch}`;
  return matchesPatterns(branch, ignored) ? `its branches-ignore leaves ${branch} out` : undefined;
}

function checkPaths(filter: EventFilter, changed: readonly string[]): string | undefined {
  const [only, ignored] = [list(filter.paths), list(filter['paths-ignore'])];
  if (only.length > 0 && !changed.some((path) => matchesPatterns(path, only))) return 'no changed file matches its paths';
  if (ignored.length > 0 && changed.every((path) => matchesPatterns(path, ignored)))
    return 'its paths-ignore leaves every changed file out';
  return undefined;
}

function list(value: string | readonly string[] | undefined): readonly string[] {
  if (value === undefined) return [];
  return typeof value === 'string' ? [value] : value;
}
