import { githubContext } from './environment.ts';
import { evaluateCondition, evaluateText, evaluateValue, type Scope } from './expressions.ts';
import { type JobOutcome, type JobPlan, runJob } from './job.ts';
import { findEnvironment } from './job-environment.ts';
import { expandMatrix, type MatrixLeg } from './matrix.ts';
import type { Result, Run } from './run.ts';
import type { JobDefinition } from './workflow.ts';

export interface JobSummary extends JobOutcome {
  readonly id: string;
}

/** Runs all jobs of a workflow in the file's order, while GitHub shows the run as going on, and then how it ended. */
export async function runJobs(run: Run): Promise<JobSummary[]> {
  const { workflow, event, facts } = run;
  const isPull = event.kind === 'pull_request';
  const complete = run.github.startRun({
    id: run.id,
    name: workflow.name ?? workflow.path,
    path: workflow.path,
    event: event.name,
    headBranch: isPull ? event.headRef : event.refName,
    headSha: isPull ? facts.head : event.sha,
    attempt: 1,
  });
  let conclusion: Result = 'failure';
  try {
    const jobs = await runEach(run);
    conclusion = mergeLegs(jobs).result;
    return jobs;
  } finally {
    complete(conclusion);
  }
}

/** Each as soon as those it needs have ended. */
async function runEach(run: Run): Promise<JobSummary[]> {
  const outcomes = new Map<string, Promise<Outcome>>();
  const start = (id: string): Promise<Outcome> => {
    const known = outcomes.get(id);
    if (known) return known;
    const definition = run.workflow.jobs[id];
    if (!definition) throw new Error(`There is no job ${id}.`);
    const outcome = (async () => {
      const needs: Record<string, Outcome> = {};
      for (const name of needsOf(definition)) needs[name] = await start(name);
      const failedBefore = Object.values(needs).some((need) => need.failedBefore || need.result === 'failure');
      return { ...(await runWhenWanted(run, id, definition, needs, failedBefore)), failedBefore };
    })();
    outcomes.set(id, outcome);
    return outcome;
  };
  // The parser has refused circles and unknown names.
  return Promise.all(Object.keys(run.workflow.jobs).map(async (id) => Object.assign({ id }, await start(id))));
}

/** A job's outcome, and whether a job it needs, near or far, failed: that is what `failure()` asks. */
interface Outcome extends JobOutcome {
  readonly failedBefore: boolean;
}

const skipped: JobOutcome = { result: 'skipped', outputs: {} };

function needsOf(definition: JobDefinition): readonly string[] {
  if (definition.needs === undefined) return [];
  return typeof definition.needs === 'string' ? [definition.needs] : definition.needs;
}

async function runWhenWanted(
  run: Run,
  id: string,
  definition: JobDefinition,
  needed: Readonly<Record<string, JobOutcome>>,
  failedBefore: boolean,
): Promise<JobOutcome> {
  if (run.kill.aborted) return { result: 'cancelled', outputs: {} };
  const needs = Object.fromEntries(Object.entries(needed).map(([name, { result, outputs }]) => [name, { result, outputs }]));
  const contexts = { github: githubContext(run, id), needs, vars: run.variables, inputs: run.event.inputs };
  const before = failedBefore ? 'failure' : statusOf(needs);
  const isWanted = () => evaluateCondition(definition.if, { contexts, status: run.cancel.aborted ? 'cancelled' : before });
  if (!isWanted()) {
    run.log.openJob(definition.name ?? id).close('skipped', run.cancel.aborted ? 'was cancelled before it began' : 'skipped');
    return run.cancel.aborted ? { result: 'cancelled', outputs: {} } : skipped;
  }
  const scope: Scope = { contexts, status: 'success' };
  const legs = legsOf(definition, scope);
  const failFast = String(evaluateValue(definition.strategy?.['fail-fast'] ?? true, scope)) === 'true';
  const limit = Number(evaluateValue(definition.strategy?.['max-parallel'] ?? legs.length, scope)) || legs.length;
  const group = new AbortController();
  // A cancel reaches a running job only if its `if`, asked again, does not keep it.
  const onCancel = () => {
    if (!isWanted()) group.abort();
  };
  if (!run.cancel.aborted) run.cancel.addEventListener('abort', onCancel, { once: true });
  const runLeg = async (matrix: MatrixLeg | null, index: number): Promise<JobOutcome> => {
    const strategy = { 'fail-fast': failFast, 'job-index': index, 'job-total': legs.length, 'max-parallel': limit };
    const legScope: Scope = { ...scope, contexts: { ...contexts, matrix, strategy } };
    const name = nameOf(id, definition, matrix, legScope);
    if (group.signal.aborted) return { result: 'cancelled', outputs: {} };
    const environment = findEnvironment(definition, legScope);
    const plan = { id, name, definition, environment, needs, matrix, strategy, cancel: group.signal };
    const outcome = environment && run.approval === 'refused' ? refuseJob(run, plan) : await runJob(run, plan);
    if (outcome.result === 'failure' && failFast) group.abort();
    return outcome;
  };
  const outcomes = await runLimited(legs, limit, runLeg).finally(() => run.cancel.removeEventListener('abort', onCancel));
  const merged = mergeLegs(outcomes);
  const forgiven =
    merged.result === 'failure' && String(evaluateValue(definition['continue-on-error'] ?? false, scope)) === 'true';
  return forgiven ? { ...merged, result: 'success' } : merged;
}

/** A rejected job fails without a step, as on GitHub, and with it the workflow run; what needs it is skipped. */
function refuseJob(run: Run, { name, environment }: Pick<JobPlan, 'name' | 'environment'>): JobOutcome {
  const log = run.log.openJob(name);
  log.aside(`approval for ${environment?.name ?? ''}: refused by the rehearsal`);
  log.annotate({ level: 'error', message: 'The deployment was rejected or didn’t satisfy other protection rules.' });
  log.close('failed', 'did not begin');
  return { result: 'failure', outputs: {} };
}

function statusOf(needs: JobPlan['needs']): Result {
  const results = new Set(Object.values(needs).map(({ result }) => result));
  return (['cancelled', 'skipped'] as const).find((one) => results.has(one)) ?? 'success';
}

function legsOf(definition: JobDefinition, scope: Scope): (MatrixLeg | null)[] {
  const matrix = definition.strategy?.matrix;
  return matrix === undefined ? [null] : expandMatrix(evaluateValue(matrix, scope));
}

function nameOf(id: string, definition: JobDefinition, matrix: MatrixLeg | null, scope: Scope): string {
  if (definition.name !== undefined) return evaluateText(definition.name, scope);
  return matrix ? `${id} (${Object.values(matrix).map(String).join(', ')})` : id;
}

async function runLimited<T, R>(items: readonly T[], limit: number, work: (item: T, index: number) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async () => {
    for (let index = next++; index < items.length; index = next++) {
      const item = items[index];
      if (item !== undefined) results[index] = await work(item, index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  return results;
}

function mergeLegs(outcomes: readonly JobOutcome[]): JobOutcome {
  const results = new Set(outcomes.map(({ result }) => result));
  const result = (['failure', 'cancelled', 'success'] as const).find((one) => results.has(one)) ?? 'skipped';
  const outputs: Record<string, string> = {};
  for (const outcome of outcomes)
    for (const [name, value] of Object.entries(outcome.outputs)) if (value !== '') outputs[name] = value;
  return { result, outputs };
}
