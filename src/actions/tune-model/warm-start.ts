import { ActionError } from '../../action-error.ts';
import type { TuningRecord } from '../../records/tuning-record.ts';
import { listCandidates } from '../report/baseline.ts';
import type { Settings, TuneDeps } from './deps.ts';

const parallelReads = 10;

/** The search to begin with, or why there is none: a warm start is a help, what stands in its way never a failure. */
type WarmStart = { readonly record: TuningRecord } | { readonly why: string };

/** The newest completed search of main for this spec, at or before the commit that this run began at. */
export async function findWarmStart(settings: Settings, rehearsal: boolean, deps: TuneDeps): Promise<WarmStart> {
  const { spec, region } = settings;
  const isParent = (record: TuningRecord) =>
    record.state.status === 'completed' &&
    record.rehearsal === rehearsal &&
    record.region === region &&
    record.spec.name === spec.name &&
    record.spec.path === spec.path;
  try {
    const commits = await listCandidates(deps);
    for (let start = 0; start < commits.length; start += parallelReads) {
      const some = commits.slice(start, start + parallelReads);
      const read = await Promise.all(some.map((commit) => deps.mainRecords.findByCommit(commit)));
      const record = read.map((records) => records.findLast(isParent)).find((one) => one !== undefined);
      if (record && (await deps.jobs.describe(record.name))) return { record };
    }
    return { why: `there is no completed search of ${spec.name} on ${deps.context.defaultBranch} before this commit` };
  } catch (error) {
    if (!(error instanceof ActionError)) throw error;
    return { why: error.message };
  }
}
