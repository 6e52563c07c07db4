import type { RunContext } from '../records/context.ts';

/**
 * Why GitHub gives this run neither an id-token nor a token that may write; undefined when it does.
 * Decided by where the run comes from, not by what is missing: a job that merely forgot `id-token: write` must fail, not be skipped.
 */
export function findUntrusted(context: RunContext, env: NodeJS.ProcessEnv = process.env): string | undefined {
  if (context.pullRequest?.fork) {
    const number = context.pullRequest.number;
    return `Pull request #${number} comes from a fork, and GitHub gives its runs no AWS role and a token that cannot write. A maintainer can review the code, push the branch to this repository and train there.`;
  }
  // A re-run by a maintainer keeps Dependabot's rights; the actor stays the same, only GITHUB_TRIGGERING_ACTOR changes.
  const actors = [context.actor, env.GITHUB_ACTOR];
  if (actors.includes('dependabot[bot]')) {
    return 'The run was started by Dependabot, and GitHub gives it no AWS role and a token that cannot write. A maintainer can push a commit to the branch, or start the workflow by hand.';
  }
  return undefined;
}
