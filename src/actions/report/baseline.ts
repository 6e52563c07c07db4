import { ActionError } from '../../action-error.ts';
import type { RunRecord } from '../../records/record.ts';
import type { Baseline } from '../../report/input.ts';
import { hasResult } from '../../training/comparison.ts';
import type { ReportDeps } from './deps.ts';

/** How far back main is searched. */
const mostCommits = 50;
const parallelReads = 10;

export type BaselineSearch = { readonly baseline: Baseline } | { readonly why: string };

/**
 * The newest commit of main, at or before the merge base, that has comparable finished runs. A baseline is a courtesy:
 * whatever stands in the way becomes a sentence for the reader, never a failure.
 */
export async function searchBaseline(deps: ReportDeps, comparable: (record: RunRecord) => boolean): Promise<BaselineSearch> {
  try {
    const commits = await listCandidates(deps);
    for (let start = 0; start < commits.length; start += parallelReads) {
      const found = await Promise.all(
        commits.slice(start, start + parallelReads).map((commit) => readFinished(deps, commit, comparable)),
      );
      const baseline = found.find((one) => one !== undefined);
      if (baseline) return { baseline };
    }
    return {
      why: `No comparable finished run was found at ${countCommits(commits.length)} of ${deps.context.defaultBranch}. A push to ${deps.context.defaultBranch} trains one.`,
    };
  } catch (error) {
    if (!(error instanceof ActionError)) throw error;
    return { why: `The comparison with main is missing. ${error.message} ${error.fix}` };
  }
}

function countCommits(count: number): string {
  if (count === 0) return 'any commit';
  return count === 1 ? 'the last commit' : `the last ${count} commits`;
}

/** Commits of main at or before the one this run began at, newest first, that may have something to compare with. */
export async function listCandidates({
  context,
  zone,
  pullRequests,
}: Pick<ReportDeps, 'context' | 'zone'> & { pullRequests: Pick<ReportDeps['pullRequests'], 'mergeBase' | 'history'> }): Promise<
  string[]
> {
  if (zone.kind === 'main')
    return (await pullRequests.history(context.commit, mostCommits + 1)).slice(1).map((entry) => entry.commit);
  const base = context.pullRequest?.baseCommit ?? context.defaultBranch;
  const fork = await pullRequests.mergeBase(base, context.commit);
  return fork ? (await pullRequests.history(fork.commit, mostCommits)).map((entry) => entry.commit) : [];
}

async function readFinished(
  deps: ReportDeps,
  commit: string,
  comparable: (record: RunRecord) => boolean,
): Promise<Baseline | undefined> {
  const records = (await deps.mainRecords.findByCommit(commit)).filter((record) => hasResult(record) && comparable(record));
  const newest = records.toSorted((a, b) => b.times.planned.localeCompare(a.times.planned));
  if (!newest[0]) return undefined;
  return { commit, date: new Date(newest[0].times.trainingEnded ?? newest[0].times.updated), records: newest };
}
