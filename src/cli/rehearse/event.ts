import { createHash } from 'node:crypto';
import { z } from 'zod';
import { showPull, showRepository } from '../../cloud/github/pulls.ts';
import type { LocalGitHub } from '../../cloud/github/start.ts';
import type { Commit, Pull } from '../../cloud/github/state.ts';
import type { RepositoryFacts } from './repository.ts';
import type { Workflow } from './workflow.ts';

/** What can be rehearsed; `tag` is GitHub's `push` of a tag. */
export const eventKinds = ['pull_request', 'push', 'tag', 'workflow_dispatch', 'schedule'] as const;
export type EventKind = (typeof eventKinds)[number];
export const pullRequestNumber = 1;

/** What starts a workflow run, as the runner tells it to the steps. */
export interface RunEvent {
  readonly kind: EventKind;
  /** As GitHub calls it. */
  readonly name: Exclude<EventKind, 'tag'>;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly sha: string;
  readonly ref: string;
  readonly refName: string;
  readonly headRef: string;
  readonly baseRef: string;
  /** From a fork: no secrets, no identity token, a token that only reads. */
  readonly fork: boolean;
  /** The `inputs` context of a dispatch. */
  readonly inputs: Readonly<Record<string, unknown>> | null;
}

interface EventSource {
  readonly kind: EventKind;
  readonly facts: RepositoryFacts;
  readonly github: Pick<LocalGitHub, 'state' | 'apiUrl' | 'serverUrl'>;
  readonly pull: Pull;
  /** Of a push of a tag. */
  readonly tag: string;
  /** Of a dispatch. */
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly workflow: Pick<Workflow, 'on' | 'path'>;
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

/** The event as it happens to the pull request, or to the default branch where it left it. */
export function createEvent(source: EventSource): RunEvent {
  const { kind, facts, github, pull } = source;
  const repository = showRepository(github.state, github.apiUrl, github.serverUrl);
  const sender = { login: pull.author, id: 1, type: 'User' };
  if (kind === 'pull_request') {
    const { number } = pull;
    return {
      kind,
      name: kind,
      payload: { action: 'opened', number, pull_request: showPull(github, pull), repository, sender },
      sha: mergeCommit(facts).sha,
      ref: `refs/pull/${number}/merge`,
      refName: `${number}/merge`,
      headRef: pull.head.ref,
      baseRef: pull.base.ref,
      fork: pull.fork,
      inputs: null,
    };
  }
  const refName = kind === 'tag' ? source.tag : facts.defaultBranch;
  const ref = kind === 'tag' ? `refs/tags/${refName}` : `refs/heads/${refName}`;
  return {
    kind,
    name: kind === 'tag' ? 'push' : kind,
    payload: { ...describeBranchEvent(source, ref), repository, sender },
    sha: facts.base,
    ref,
    refName,
    headRef: '',
    baseRef: '',
    fork: false,
    inputs: kind === 'workflow_dispatch' ? source.inputs : null,
  };
}

/** The parts of the payload that only this kind of event has. */
function describeBranchEvent({ kind, facts, workflow, inputs }: EventSource, ref: string): Record<string, unknown> {
  // In the payload a dispatch's inputs are texts, whatever their type.
  const texts = Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, String(value)]));
  if (kind === 'workflow_dispatch') return { ref, inputs: texts, workflow: workflow.path };
  if (kind === 'schedule') return { schedule: firstCron(workflow), workflow: workflow.path };
  const commit = facts.commits.find((one) => one.sha === facts.base);
  const isTag = kind === 'tag';
  return {
    ref,
    before: (isTag ? undefined : commit?.parents[0]) ?? '0'.repeat(40),
    after: facts.base,
    created: isTag,
    base_ref: isTag ? `refs/heads/${facts.defaultBranch}` : null,
    head_commit: { id: facts.base, message: commit?.message ?? '', timestamp: commit?.date },
  };
}

const crons = z.array(z.object({ cron: z.string() }));

function firstCron({ on }: Pick<Workflow, 'on'>): string {
  const parsed = crons.safeParse(typeof on === 'object' && !Array.isArray(on) ? on['schedule'] : undefined);
  return parsed.data?.[0]?.cron ?? '';
}

/** For the reader: `pull request #1, topic → main`, `push to main`, `tag v1`. */
export function describeEvent(event: RunEvent): string {
  if (event.kind === 'pull_request')
    return `pull request #${pullRequestNumber}, ${event.headRef} → ${event.baseRef}${event.fork ? ', from a fork' : ''}`;
  if (event.kind === 'tag') return `tag ${event.refName} on ${event.sha.slice(0, 7)}`;
  const verbs = { push: 'push to', workflow_dispatch: 'started by hand on', schedule: 'on its schedule, on' } as const;
  return `${verbs[event.kind]} ${event.refName}`;
}
