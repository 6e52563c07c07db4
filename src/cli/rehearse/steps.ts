import { evaluateCondition, evaluateText, evaluateValue, type Scope } from './expressions.ts';
import type { JobState, Result, StepList, StepResult } from './run.ts';
import { runScript } from './script.ts';
import { stepScope } from './scope.ts';
import { evaluateMap, type StepCall, type StepOutcome } from './step-call.ts';
import { runUse } from './use.ts';
import type { StepDefinition } from './workflow.ts';

const msPerMinute = 60_000;

/** Runs steps one after the other; a failed one lets the later ones' `if` decide. Returns whether none failed for good. */
export async function runSteps(
  state: JobState,
  definitions: readonly StepDefinition[],
  ids: readonly string[],
  list: StepList,
): Promise<boolean> {
  for (const [index, definition] of definitions.entries()) {
    if (state.kill.aborted) return false;
    const id = ids[index] ?? definition.id ?? `__step_${index + 1}`;
    const result = await runStep(state, definition, id, list);
    list.steps[id] = result;
    if (result.conclusion !== 'failure') continue;
    list.status = 'failure';
    // Inside a composite action the step around it decides; a cancelled job stays cancelled.
    if (list.inputs === null && state.status === 'success') state.status = 'failure';
  }
  return list.status === 'success';
}

async function runStep(state: JobState, definition: StepDefinition, id: string, list: StepList): Promise<StepResult> {
  const { log, run } = state;
  const started = run.clock.now().getTime();
  const outer = { ...state.env, ...list.env };
  let title = titleOf(definition);
  try {
    const scope = stepScope(state, list, outer);
    title = evaluateText(title, scope);
    if (!evaluateCondition(definition.if, scope)) {
      log.done('skipped', `${title} — skipped`);
      return { outcome: 'skipped', conclusion: 'skipped', outputs: {} };
    }
    log.step(title);
    const env = { ...outer, ...evaluateMap(definition.env, scope) };
    const limits = limitStep(state, definition, () => evaluateCondition(definition.if, stepScope(state, list, outer)));
    const call = { state, list, definition, id, title, env, scope: stepScope(state, list, env), cancel: limits.cancel, runSteps };
    const outcome = await (definition.uses === undefined ? runScript(call) : runUse(call)).finally(limits.release);
    return conclude(call, outcome, limits.reason(), started);
  } catch (error) {
    log.annotate({ level: 'error', message: error instanceof Error ? error.message : String(error) });
    log.done('failed', `${title} failed`);
    return {
      outcome: 'failure',
      conclusion: continues(definition, stepScope(state, list, outer)) ? 'success' : 'failure',
      outputs: {},
    };
  }
}

function conclude(
  call: StepCall,
  outcome: StepOutcome,
  reason: 'cancelled' | 'timed out' | undefined,
  started: number,
): StepResult {
  const { state, definition } = call;
  const seconds = ((state.run.clock.now().getTime() - started) / 1000).toFixed(1);
  if (reason === 'timed out') {
    const message = `The action '${call.title}' has timed out after ${String(definition['timeout-minutes'])} minutes.`;
    state.log.annotate({ level: 'error', message });
  }
  if (reason === 'cancelled') state.log.annotate({ level: 'error', message: 'The operation was canceled.' });
  const result: Result = reason === 'cancelled' ? 'cancelled' : outcome.ok && !reason ? 'success' : 'failure';
  const detail = [result === 'success' ? undefined : (reason ?? outcome.detail ?? result), `${seconds} s`]
    .filter(Boolean)
    .join(', ');
  const forgiven = result === 'failure' && continues(definition, call.scope);
  state.log.done(result === 'success' ? 'ok' : 'failed', forgiven ? `${detail} — continue-on-error` : detail);
  return { outcome: result, conclusion: forgiven ? 'success' : result, outputs: outcome.outputs };
}

/** The step's own cancel signal: its time limit, or the job's cancel unless its `if` still holds then. */
function limitStep(state: JobState, definition: StepDefinition, stillWanted: () => boolean) {
  const controller = new AbortController();
  let reason: 'cancelled' | 'timed out' | undefined;
  const end = (why: 'cancelled' | 'timed out') => {
    reason ??= why;
    controller.abort();
  };
  const onCancel = () => {
    if (!stillWanted()) end('cancelled');
  };
  const onKill = () => {
    reason ??= 'cancelled';
  };
  const limit = Number(evaluateValue(definition['timeout-minutes'] ?? 360, stepScope(state, noList, state.env)));
  const timer = setTimeout(() => end('timed out'), Math.min(limit * msPerMinute, 2 ** 31 - 1));
  // A step that begins after the cancel was wanted all the same.
  if (!state.cancel.aborted) state.cancel.addEventListener('abort', onCancel, { once: true });
  state.kill.addEventListener('abort', onKill, { once: true });
  return {
    cancel: controller.signal,
    reason: () => reason,
    release: () => {
      clearTimeout(timer);
      state.cancel.removeEventListener('abort', onCancel);
      state.kill.removeEventListener('abort', onKill);
    },
  };
}

const noList: StepList = { steps: {}, status: 'success', inputs: null, env: {}, actionPath: undefined };

function continues(definition: StepDefinition, scope: Scope): boolean {
  return String(evaluateValue(definition['continue-on-error'] ?? false, scope)) === 'true';
}

function titleOf(definition: StepDefinition): string {
  if (definition.name !== undefined) return String(definition.name);
  return `Run ${definition.uses ?? definition.run?.trim().split('\n')[0] ?? ''}`;
}
