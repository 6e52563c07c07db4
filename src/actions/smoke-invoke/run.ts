import { ActionError, throwProblems } from '../../action-error.ts';
import type { RunContext } from '../../records/context.ts';
import type { Log, StepResult } from '../../runner/ports.ts';
import { endpointVariable, getFunctionName } from '../../serving/names.ts';
import type { Functions, Invocations } from '../../serving/ports.ts';
import { getRecordBasis, type ReleaseRecords } from '../../serving/release-records.ts';
import type { PreparedCase } from '../../serving/smoke-expect.ts';
import { prepareCases } from '../../serving/smoke-prepare.ts';
import { runSmoke } from '../../serving/smoke-run.ts';
import { type CaseResult, toRecordCase } from '../../serving/smoke-tally.ts';
import type { Spec } from '../../spec/spec.ts';
import type { Clock } from '../../time/clock.ts';
import { orCancelled } from '../train-model/cancel.ts';
import { chooseCases } from './choose.ts';
import { describeCase, listProblems, type Target, writeResults, writeSummary } from './tell.ts';

export interface SmokeInvokeDeps {
  readonly spec: Spec;
  readonly context: RunContext;
  readonly invocations: Invocations;
  readonly functions: Pick<Functions, 'version'>;
  readonly records: ReleaseRecords;
  readonly isRehearsal: () => Promise<boolean>;
  readonly readText: (path: string) => Promise<string>;
  readonly step: Pick<StepResult, 'output' | 'summary'>;
  readonly log: Log;
  readonly clock: Clock;
  /** Aborts when GitHub cancels the job. */
  readonly signal: AbortSignal;
}

/**
 * Calls the function with the cases of the spec; says, records and puts out what came back.
 * @throws ActionError with one problem for each case that failed, after everything was written
 */
export async function run(asked: { alias: string; cases: string | undefined }, deps: SmokeInvokeDeps): Promise<void> {
  const { spec, log, step } = deps;
  const chosen = chooseCases(spec, asked.cases);
  throwProblems(chosen.problems);
  const prepared = await prepareCases(chosen.cases, deps.readText, spec);
  throwProblems(prepared.problems);
  const target = await orCancelled(findTarget(asked.alias, deps), deps.signal, cancelledBefore);
  log.info(`Smoke test of ${target.functionName}:${target.alias} (version ${target.version}, endpoint ${target.endpoint}).`);
  const results = await callAll(prepared.cases, target, deps);
  const passed = results.every((result) => result.passed);
  await step.summary(writeSummary(target, results));
  step.output('passed', String(passed));
  step.output('results', writeResults(results));
  await record(target, results, deps);
  const failed = results.filter((result) => !result.passed).length;
  log.info(passed ? 'The smoke test passed.' : `The smoke test failed: ${failed} of ${results.length} cases.`);
  throwProblems(listProblems(results, spec), 'script');
  if (deps.signal.aborted) throw cancelled('All cases had been called, and what came of them is recorded.');
}

/** @throws ActionError the moment the job is cancelled, with how far it came */
async function callAll(cases: readonly PreparedCase[], target: Target, deps: SmokeInvokeDeps): Promise<CaseResult[]> {
  const { invocations, signal, log } = deps;
  let [ended, failed] = [0, 0];
  const calls = runSmoke(cases, {
    invocations,
    functionName: target.functionName,
    // The alias itself: what its callers would reach, weights and all.
    qualifier: target.alias,
    signal,
    onResult: (result) => {
      ended += 1;
      failed += result.passed ? 0 : 1;
      tell(result, log);
    },
  });
  return orCancelled(calls, signal, () =>
    cancelled(
      `${ended} of ${cases.length} smoke cases had ended, ${failed} of them failed. Calls change nothing, and no result is recorded.`,
    ),
  );
}

export function cancelledBefore(): ActionError {
  return cancelled('The function was not called, and nothing was changed.');
}

function cancelled(progress: string): ActionError {
  return new ActionError({
    kind: 'stopped',
    message: `The workflow was cancelled. ${progress}`,
    fix: 'Run this job again to test the candidate; deploy it again first when its time is over.',
  });
}

async function findTarget(alias: string, { spec, functions }: SmokeInvokeDeps): Promise<Target> {
  const functionName = getFunctionName(spec.name);
  const version = await functions.version(functionName, alias);
  if (!version) {
    throw new ActionError({
      kind: 'configuration',
      message: `There is no alias or version ${alias} of the function ${functionName}, so there is nothing to test.`,
      fix: 'Run deploy-endpoint before this step; a candidate that nobody promoted in time is removed.',
    });
  }
  return { functionName, alias, version: version.version, endpoint: version.environment[endpointVariable] ?? 'none' };
}

function tell(result: CaseResult, log: Log): void {
  for (const line of describeCase(result)) log.info(line);
  if (!result.passed)
    log.untrusted(`End of the function's log at the first failure of ${JSON.stringify(result.name)}`, result.logTail);
}

async function record(target: Target, results: readonly CaseResult[], deps: SmokeInvokeDeps): Promise<void> {
  const { context, spec, clock } = deps;
  await deps.records.write({
    ...getRecordBasis({ context, spec, rehearsal: await deps.isRehearsal(), release: target.endpoint, at: clock.now() }),
    kind: 'smoke',
    alias: target.alias,
    passed: results.every((result) => result.passed),
    cases: results.map(toRecordCase),
  });
}
