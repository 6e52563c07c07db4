import { ActionError } from '../action-error.ts';
import type { RunContext, Zone } from './context.ts';

/**
 * The trust zone a run writes to: its pull request, main, or release for a tag.
 * @param findPullRequest asked only for other branches: the open pull request whose head is this commit
 * @throws ActionError when the run belongs to none of them
 */
export async function readZone(
  context: RunContext,
  findPullRequest: (commit: string) => Promise<number | undefined>,
): Promise<Zone> {
  const zone = findZone(context);
  if (zone) return zone;
  const number = await findPullRequest(context.commit);
  if (number !== undefined) return { kind: 'pull-request', number };
  throw new ActionError({
    kind: 'configuration',
    message: `The run of ${context.ref} (event ${context.event}) belongs to no pull request: no open one has the head ${context.commit.slice(0, 7)}.`,
    fix: `Run on pull_request, on a push to ${context.defaultBranch} or on a tag, or open a pull request for this branch first.`,
  });
}

/** The zone that the event alone tells; undefined for a branch that is not the default one. */
export function findZone(context: RunContext): Zone | undefined {
  if (context.pullRequest) return { kind: 'pull-request', number: context.pullRequest.number };
  if (context.ref === `refs/heads/${context.defaultBranch}`) return { kind: 'main' };
  if (context.ref.startsWith('refs/tags/')) return { kind: 'release' };
  return undefined;
}
