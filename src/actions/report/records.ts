import type { RunRecord } from '../../records/record.ts';
import type { TuningRecord } from '../../records/tuning-record.ts';
import type { Spec } from '../../spec/spec.ts';
import { finishUnwatched } from '../../training/settling/finish.ts';
import type { ReportDeps } from './deps.ts';

/** A report that waits long for a late figure is worse than one that says what it does not know. */
const finishWithinMs = 60_000;
const mostToFinish = 20;

/**
 * Every record a report may need, brought up to date: those of the whole pull request, whose budget is told, elsewhere those of
 * this run and its commit.
 */
export async function readRecords(spec: Spec, deps: ReportDeps): Promise<RunRecord[]> {
  const { context, records, zone } = deps;
  if (zone.kind === 'pull-request') return finish(await records.listAll(), spec, deps);
  const [ofRun, ofCommit] = await Promise.all([records.readRun(context.workflow.runId), records.findByCommit(context.commit)]);
  const others = ofCommit.filter(({ workflow }) => workflow.runId !== context.workflow.runId);
  return finish([...ofRun, ...others], spec, deps);
}

/** The same of tuning jobs, as they stand: their trials are finished by the action that tunes. */
export async function readTuning({ context, tuningRecords, zone }: ReportDeps): Promise<TuningRecord[]> {
  if (zone.kind === 'pull-request') return tuningRecords.listAll();
  const [ofRun, ofCommit] = await Promise.all([
    tuningRecords.readRun(context.workflow.runId),
    tuningRecords.findByCommit(context.commit),
  ]);
  const others = ofCommit.filter(({ workflow }) => workflow.runId !== context.workflow.runId);
  return [...ofRun, ...others].toSorted((a, b) => a.times.planned.localeCompare(b.times.planned));
}

/** The searches that these reuse, whose trials are worth showing; those that cannot be found are left out. */
export async function findReused(tuning: readonly TuningRecord[], { tuningRecords }: ReportDeps): Promise<TuningRecord[]> {
  const found = await Promise.all(
    tuning.map(async ({ state, fingerprint, trials }) => {
      if (state.status !== 'reused' || trials.length > 0) return undefined;
      return (await tuningRecords.findByFingerprint(fingerprint)).find(({ name }) => name === state.name);
    }),
  );
  return found.filter((record) => record !== undefined);
}

/**
 * Whether a record is this run's. Those of its commit belong to it too: a job that this run adopted keeps the record of the run
 * that made it, and another workflow may have trained the commit.
 */
export function isOfRun(
  { workflow, commit }: Pick<RunRecord, 'workflow' | 'commit'>,
  { context }: Pick<ReportDeps, 'context'>,
): boolean {
  return workflow.runId === context.workflow.runId || commit === context.commit;
}

/**
 * Whether a record is of this model. The environment does not matter: each trust zone has its own, for the role it trains with, and
 * it is the same model on main and on a pull request.
 */
export function isOf({ spec }: Pick<RunRecord, 'spec'>, { name, path }: Spec): boolean {
  return spec.name === name && spec.path === path;
}

/** Settles what ended while nobody watched, as far as that can be done soon. Never throws. */
async function finish(records: RunRecord[], spec: Spec, deps: ReportDeps): Promise<RunRecord[]> {
  const { settling, context, clock } = deps;
  if (!settling) return records;
  const newest = records.slice(-mostToFinish);
  const done = new AbortController();
  const scope = { spec, runId: context.workflow.runId };
  const finished = await Promise.race([
    finishUnwatched(newest, scope, settling),
    clock.sleep(finishWithinMs, done.signal).then(() => undefined),
  ]);
  done.abort();
  if (finished) return [...records.slice(0, -mostToFinish), ...finished];
  deps.log.warning(`What became of every run could not be found out within ${finishWithinMs / 1000} s; a later report does.`);
  return records;
}
