import { ActionError, type ErrorKind } from '../action-error.ts';
import type { Invocation, Invocations } from './ports.ts';
import type { SmokeRecord } from './record.ts';
import { judge, type PreparedCase } from './smoke-expect.ts';
import { summarizeCalls, type TimedCall } from './smoke-load.ts';

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

/** What `SmokeRecord` keeps of a case, and what only a log needs. */
export type CaseResult = SmokeRecord['cases'][number] & {
  /** Versions of the function that answered. */
  readonly versions: readonly string[];
  /** Log of the first call that failed. */
  readonly logTail: readonly string[];
};

/** A function that fails this often in a row at the start of a load is not asked a thousand times. */
const hopelessAfter = 10;
const maxDifferences = 10;
const others = 'it differs in further ways';
/** Figures that change from call to call without making another failure of it: durations and decimals. */
const measured = /\d+\.\d+|\d+(?= m?s\b)/g;
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
  let started = 0;
  const worker = async () => {
    while (started < one.repeat && !tally.hopeless() && deps.signal?.aborted !== true) {
      started += 1;
      await callOnce(one, deps, tally);
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
    tally.add([error.message], undefined);
    return;
  }
  tally.add(judge(one, call), call);
}

type Tally = ReturnType<typeof createTally>;

function createTally() {
  let calls = 0;
  let errors = 0;
  let logTail: readonly string[] = [];
  const timed: TimedCall[] = [];
  const versions = new Set<string>();
  const seen = new Map<string, { text: string; count: number }>();

  /** Each answer may word its failure anew; what is kept stays bounded, and the counts stay right. */
  function note(text: string): void {
    const kind = text.replaceAll(measured, '#');
    const known = seen.get(kind) ?? (seen.size < maxDifferences ? undefined : seen.get(others));
    if (known) known.count += 1;
    else if (seen.size < maxDifferences) seen.set(kind, { text, count: 1 });
    else seen.set(others, { text: others, count: 1 });
  }

  function describe({ text, count }: { text: string; count: number }): string {
    if (calls === 1) return text;
    return count === 1 ? `in 1 of ${calls} calls: ${text}` : `in ${count} of ${calls} calls, at first: ${text}`;
  }

  return {
    hopeless: () => calls >= hopelessAfter && errors === calls,
    add(differences: readonly string[], call: Invocation | undefined): void {
      calls += 1;
      if (differences.length > 0) errors += 1;
      if (differences.length > 0 && logTail.length === 0) logTail = call?.logTail ?? [];
      for (const difference of differences) note(difference);
      if (!call) return;
      versions.add(call.executedVersion);
      if (call.functionError === undefined) timed.push(call);
    },
    result({ name, repeat }: PreparedCase): CaseResult {
      const differences = [...seen.values()].map(describe);
      if (calls < repeat) differences.push(`only ${calls} of ${repeat} calls were made, because every one of them failed`);
      const passed = errors === 0 && calls > 0;
      return { name, passed, calls, errors, differences, ...summarizeCalls(timed), versions: [...versions], logTail };
    },
  };
}

/** The part of a result that is written down. */
export function toRecordCase({ versions: _versions, logTail: _logTail, ...kept }: CaseResult): SmokeRecord['cases'][number] {
  return kept;
}
