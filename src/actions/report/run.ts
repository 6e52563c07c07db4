import type { RunRecord } from '../../records/record.ts';
import type { TuningRecord } from '../../records/tuning-record.ts';
import { explainForkRun, explainProduct } from '../../report/explain.ts';
import type { ReportInput } from '../../report/input.ts';
import { type Report, renderReport } from '../../report/render.ts';
import type { Spec } from '../../spec/spec.ts';
import { getSpending } from '../../training/cost.ts';
import { searchBaseline } from './baseline.ts';
import type { ReportDeps } from './deps.ts';
import { isFromNewerRun, writeMarker, writeRunLine } from './marker.ts';
import { findReused, isOf, isOfRun, readRecords, readTuning } from './records.ts';

export interface Outputs {
  readonly commentUrl?: string;
  readonly html?: string;
  /** Nothing could be written on the pull request, because the token may not. */
  readonly skipped: boolean;
}

/** Reads what this run recorded and brings the pull request's comment and the job summary to it. */
export async function run(spec: Spec, deps: ReportDeps): Promise<Outputs> {
  const [all, allTuning] = await Promise.all([readRecords(spec, deps), readTuning(deps)]);
  const ofRun = [...all, ...allTuning].filter((record) => isOfRun(record, deps));
  const ofModel = ofRun.filter((record) => isOf(record, spec));
  if (ofModel.length === 0) return reportNothing(spec, ofRun, deps);
  // What was rehearsed and what was billed are never told as one.
  const newest = ofModel.toSorted((a, b) => a.times.planned.localeCompare(b.times.planned));
  const ofThisRun = newest.findLast(({ workflow }) => workflow.runId === deps.context.workflow.runId);
  const rehearsal = (ofThisRun ?? newest.at(-1))?.rehearsal ?? false;
  const isTold = (record: RunRecord | TuningRecord) =>
    isOfRun(record, deps) && isOf(record, spec) && record.rehearsal === rehearsal;
  const told = { records: all.filter(isTold), tuning: allTuning.filter(isTold), rehearsal };
  const report = renderReport(await gather(spec, told, [...all, ...allTuning], deps));
  const html = await deps.saveHtml(report.html);
  await deps.step.summary(report.summary);
  return { ...(await putComment(spec, report, deps)), html };
}

async function reportNothing(spec: Spec, others: readonly (RunRecord | TuningRecord)[], deps: ReportDeps): Promise<Outputs> {
  const seen = [...new Set(others.map(({ spec: of }) => `${of.path} (${of.name})`))];
  const hint = seen.length > 0 ? ` It has runs of ${seen.join(', ')}: give the report the same input spec.` : '';
  deps.log.notice(`This run recorded no training of ${spec.path}, so there is nothing to report.${hint}`);
  await deps.step.summary(explainProduct(spec.path, hint.trim()));
  return { skipped: false };
}

/** What the report is about. */
interface Told {
  readonly records: readonly RunRecord[];
  readonly tuning: readonly TuningRecord[];
  readonly rehearsal: boolean;
}

/** @param all every record of the pull request, if it is one */
async function gather(
  spec: Spec,
  { records, tuning, rehearsal }: Told,
  all: readonly (RunRecord | TuningRecord)[],
  deps: ReportDeps,
): Promise<ReportInput> {
  const comparable = (record: RunRecord) => isOf(record, spec) && record.rehearsal === rehearsal;
  const search = records.length > 0 ? await searchBaseline(deps, comparable) : undefined;
  return {
    spec: { name: spec.name },
    records,
    tuning,
    reusedTuning: await findReused(tuning, deps),
    ...(search && 'baseline' in search && { baseline: search.baseline }),
    context: deps.context,
    budget: { ...spec.budget, ...(deps.zone.kind === 'pull-request' && { spending: getSpending(all, rehearsal) }) },
    ...(spec.tune && { objective: spec.tune.objective }),
    sizes: deps.sizes,
    notes: search && 'why' in search ? [search.why] : [],
    now: deps.clock.now(),
  };
}

async function putComment(spec: Spec, report: Report, deps: ReportDeps): Promise<Pick<Outputs, 'commentUrl' | 'skipped'>> {
  if (deps.zone.kind !== 'pull-request') return { skipped: false };
  const marker = writeMarker(spec);
  const body = `${marker}\n${writeRunLine(deps.context)}\n${report.markdown}`;
  const put = await deps.pullRequests.putComment(deps.zone.number, marker, body, (existing) =>
    isFromNewerRun(existing, deps.context),
  );
  if (put.outcome === 'read-only') {
    const why =
      'The token may not write comments: the job needs `pull-requests: write`, and a run from a fork or from Dependabot never has it.';
    deps.log.notice(`${why} The report is in the job summary.`);
    await deps.step.summary(explainForkRun(why));
    return { skipped: true };
  }
  if (put.outcome === 'superseded')
    deps.log.notice('The comment already shows a newer run of this pull request, so it was left as it is.');
  else deps.log.info(`Comment ${put.outcome}${put.url === undefined ? '' : `: ${put.url}`}`);
  return { ...(put.url !== undefined && { commentUrl: put.url }), skipped: false };
}
