import { ActionError, throwProblems } from '../../action-error.ts';
import { aliases, getFunctionName } from '../../serving/names.ts';
import type { PromotionEvent } from '../../serving/promotion.ts';
import { getRecordBasis } from '../../serving/release-records.ts';
import { prepareCases } from '../../serving/smoke-prepare.ts';
import type { PreparedCase } from '../../serving/smoke-expect.ts';
import { runSmoke } from '../../serving/smoke-run.ts';
import { type CaseResult, toRecordCase } from '../../serving/smoke-tally.ts';
import { orCancelled } from '../train-model/cancel.ts';
import type { PromoteDeps } from './deps.ts';

/** A moved alias may answer with the version before for a moment. */
const flipMs = 30_000;

/** The cases of the spec, read before anything is moved. @throws ActionError with everything that is wrong with them */
export async function readCases({ spec, readText, log }: PromoteDeps): Promise<PreparedCase[]> {
  const { cases, problems } = await prepareCases(spec.smoke, readText, spec);
  throwProblems(problems);
  if (cases.length === 0)
    log.warning(`${spec.path} has no smoke cases: live is checked for serving only, not for answering right.`, 'Not verified');
  return cases;
}

/** Calls alias `live` with every case, as its callers do, until the version that was promoted answers. */
export async function verifyLive(
  cases: readonly PreparedCase[],
  wanted: { version: string; endpointName: string },
  deps: PromoteDeps,
): Promise<PromotionEvent> {
  const endpoint = await deps.endpoints.describe(wanted.endpointName);
  if (endpoint?.status !== 'InService' && endpoint?.status !== 'Updating')
    return { kind: 'failed', reason: `The endpoint ${wanted.endpointName} is ${endpoint?.status ?? 'gone'}.` };
  if (cases.length === 0) return { kind: 'done' };
  const results = await callUntilMoved(cases, wanted.version, deps);
  for (const result of results) tell(result, deps);
  await record(results, wanted.endpointName, deps);
  const failed = results.filter(({ passed }) => !passed);
  if (failed.length === 0) return { kind: 'done' };
  const said = failed.map(({ name, differences }) => `"${name}": ${differences[0] ?? 'no difference is known'}`);
  return { kind: 'failed', reason: `Live did not answer right: ${said.join('; ')}.` };
}

async function callUntilMoved(cases: readonly PreparedCase[], version: string, deps: PromoteDeps): Promise<CaseResult[]> {
  const { invocations, spec, signal, clock } = deps;
  const at = { invocations, functionName: getFunctionName(spec.name), qualifier: aliases.live, signal };
  const deadline = clock.now().getTime() + flipMs;
  for (;;) {
    const results = await orCancelled(runSmoke(cases, at), signal, cancelled);
    const stale = results.some(({ versions }) => versions.some((one) => one !== version));
    if (!stale || clock.now().getTime() >= deadline) return results;
    deps.log.info(`Alias live still answered with another version than ${version} for a moment; calling again.`);
    await clock.sleep(1_000, signal);
  }
}

function tell({ name, passed, calls, differences, logTail, warm }: CaseResult, { log }: PromoteDeps): void {
  const latency = warm ? `, p50 ${Math.round(warm.p50)} ms` : '';
  log.info(`Live, "${name}": ${passed ? 'passed' : 'failed'}, ${calls} ${calls === 1 ? 'call' : 'calls'}${latency}.`);
  if (passed) return;
  log.untrusted(`How live differed on ${JSON.stringify(name)}`, [...differences, ...logTail]);
}

async function record(results: readonly CaseResult[], release: string, deps: PromoteDeps): Promise<void> {
  const { context, spec, clock, records } = deps;
  await records.write({
    ...getRecordBasis({ context, spec, rehearsal: await deps.isRehearsal(), release, at: clock.now() }),
    kind: 'smoke',
    alias: aliases.live,
    passed: results.every(({ passed }) => passed),
    cases: results.map(toRecordCase),
  });
}

function cancelled(): ActionError {
  return new ActionError({
    kind: 'stopped',
    message: 'The workflow was cancelled.',
    fix: 'Re-run the workflow to promote again; deploy-endpoint again first when the candidate has expired.',
  });
}
