import { ActionError, type ErrorKind } from '../action-error.ts';
import type { Invocation, Invocations } from './ports.ts';
import { judge, type PreparedCase } from './smoke-expect.ts';
import { type CaseResult, createTally, type Tally } from './smoke-tally.ts';

export interface SmokeDeps {
  readonly invocations: Invocations;
  readonly functionName: string;
  /** Alias or version. */
  readonly qualifier: string;
  /** Told of each case as it ends. */
  readonly onResult?: (result: CaseResult) => void;
  /** Aborts when the run is cancelled: no further call is made. */
  readonly signal?: AbortSignal;
}

/** A call may come to these by itself; every other refusal (missing, forbidden, misused) would come to all calls alike and is thrown. */
const ofOneCall = new Set<ErrorKind>(['aws', 'quota', 'capacity', 'script']);

/** Calls the function with each case, one case after the other, and judges every answer. */
export async function runSmoke(cases: readonly PreparedCase[], deps: SmokeDeps): Promise<CaseResult[]> {
  const results: CaseResult[] = [];
  for (const one of cases) {
    const result = await runCase(one, deps);
    results.push(result);
    deps.onResult?.(result);
  }
  return results;
}

async function runCase(one: PreparedCase, deps: SmokeDeps): Promise<CaseResult> {
  const tally = createTally();
  let left = one.repeat;
  const worker = async () => {
    while (left > 0 && !tally.hopeless() && deps.signal?.aborted !== true) {
      left -= 1;
      await callOnce(one, deps, tally).catch((error: unknown) => {
        left = 0;
        throw error;
      });
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, one.concurrency) }, worker));
  if (deps.signal?.aborted)
    throw new ActionError({
      kind: 'stopped',
      message: `The run was cancelled during the smoke case "${one.name}".`,
      fix: 'Run it again.',
    });
  return tally.result(one);
}

async function callOnce(one: PreparedCase, { invocations, functionName, qualifier }: SmokeDeps, tally: Tally): Promise<void> {
  let call: Invocation;
  try {
    call = await invocations.invoke({ name: functionName, qualifier, payload: one.payload });
  } catch (error) {
    if (!(error instanceof ActionError) || !ofOneCall.has(error.kind)) throw error;
    tally.add([{ kind: 'call', text: error.message.replace(/\.$/, '') }], undefined, error.fix);
    return;
  }
  tally.add(judge(one, call), call);
}
