import type { RunRecord } from '../../records/record.ts';
import { explainForkRun, explainProduct } from '../../report/explain.ts';
import type { ReportInput } from '../../report/input.ts';
import { type Report, renderReport } from '../../report/render.ts';
import type { Spec } from '../../spec/spec.ts';
import { searchBaseline } from './baseline.ts';
import type { ReportDeps } from './deps.ts';
import { isFromNewerRun, writeMarker, writeRunLine } from './marker.ts';

export interface Outputs {
  readonly commentUrl?: string;
  readonly html?: string;
  /** Nothing could be written on the pull request, because the token may not. */
  readonly skipped: boolean;
}

/** Reads what this run recorded and brings the pull request's comment and the job summary to it. */
export async function run(spec: Spec, deps: ReportDeps): Promise<Outputs> {
  const all = await readRecords(deps);
  const records = all.filter((record) => isOf(record, spec));
  if (records.length === 0) return reportNothing(spec, all, deps);
  const report = renderReport(await gather(spec, records, deps));
  const html = await deps.saveHtml(report.html);
  await deps.step.summary(report.summary);
  return { ...(await putComment(spec, report, deps)), html };
}

/** The records of this run; without any, those of its commit: another workflow may have trained it. */
async function readRecords({ records, context }: ReportDeps): Promise<RunRecord[]> {
  const own = await records.readRun(context.workflow.runId);
  return own.length > 0 ? own : records.findByCommit(context.commit);
}

function isOf(record: RunRecord, spec: Spec): boolean {
  return record.spec.name === spec.name && record.spec.path === spec.path && record.spec.environment === spec.environmentName;
}

async function reportNothing(spec: Spec, others: readonly RunRecord[], deps: ReportDeps): Promise<Outputs> {
  const seen = [
    ...new Set(
      others.map(({ spec: of }) => `${of.path}${of.environment === undefined ? '' : ` (environment ${of.environment})`}`),
    ),
  ];
  const hint = seen.length > 0 ? ` It has runs of ${seen.join(', ')}: give the report the same inputs spec and environment.` : '';
  deps.log.notice(`This run recorded no training of ${spec.path}, so there is nothing to report.${hint}`);
  await deps.step.summary(explainProduct(spec.path, hint.trim()));
  return { skipped: false };
}

async function gather(spec: Spec, records: readonly RunRecord[], deps: ReportDeps): Promise<ReportInput> {
  const rehearsal = records.some((record) => record.rehearsal);
  const comparable = (record: RunRecord) => isOf(record, spec) && record.rehearsal === rehearsal;
  const search = await searchBaseline(deps, comparable);
  return {
    spec: { name: spec.name, path: spec.path, ...(spec.environmentName !== undefined && { environment: spec.environmentName }) },
    records,
    ...('baseline' in search && { baseline: search.baseline }),
    context: deps.context,
    budget: { ...spec.budget, ...(await sumSpent(records, rehearsal, deps)) },
    ...(spec.tune && { objective: spec.tune.objective }),
    sizes: deps.sizes,
    notes: 'why' in search ? [search.why] : [],
    now: deps.clock.now(),
  };
}

/** What the pull request has spent, read from its own prefix; elsewhere what this run has. */
async function sumSpent(
  records: readonly RunRecord[],
  rehearsal: boolean,
  deps: ReportDeps,
): Promise<{ spentUsd: number; unknown: number }> {
  const all = deps.zone.kind === 'pull-request' ? await deps.records.listAll() : records;
  const counted = all.filter((record) => record.rehearsal === rehearsal && record.state.status !== 'refused');
  return {
    spentUsd: counted.reduce((sum, record) => sum + (record.costUsd ?? 0), 0),
    unknown: counted.filter((record) => record.costUsd === undefined).length,
  };
}

async function putComment(spec: Spec, report: Report, deps: ReportDeps): Promise<Pick<Outputs, 'commentUrl' | 'skipped'>> {
  if (deps.zone.kind !== 'pull-request') return { skipped: false };
  const marker = writeMarker({
    name: spec.name,
    path: spec.path,
    ...(spec.environmentName !== undefined && { environment: spec.environmentName }),
  });
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
