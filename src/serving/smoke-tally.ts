import type { Invocation } from './ports.ts';
import type { SmokeRecord } from './record.ts';
import type { Difference, PreparedCase } from './smoke-expect.ts';
import { summarizeCalls, type TimedCall } from './smoke-load.ts';

/** What `SmokeRecord` keeps of a case, and what only a log needs. */
export type CaseResult = SmokeRecord['cases'][number] & {
  /** Versions of the function that answered. */
  readonly versions: readonly string[];
  /** Log of the first call that failed. */
  readonly logTail: readonly string[];
  /** What to change; empty when it passed. */
  readonly fix: string;
};

const fixes: Readonly<Record<Difference['kind'], string>> = {
  call: "Read the function's log; the function and its role are what deploy-endpoint made, the model answers behind it.",
  status:
    'Read the message of the answer: 4xx is about the event of the case, 424 is the error of the model itself, 502 and 504 are the endpoint.',
  form: 'Correct `output_fn` of the serving script, or `expect` of the case when the new form is meant.',
  value:
    'The model answers otherwise than expected: do not promote it, or correct `expect` of the case when the new value is meant.',
  late: 'Raise `within`, keep environments warm (`scaling.lambda.provisioned`), or serve on a larger `instance-type`.',
};
/** A function that fails this often in a row at the start of a load is not asked a thousand times. */
const hopelessAfter = 10;
const maxDifferences = 10;
const others = 'it differs in further ways';
/** Figures that change from call to call without making another failure of it: durations and decimals. */
const measured = /\d+\.\d+|\d+(?= m?s\b)/g;

export type Tally = ReturnType<typeof createTally>;

/** Adds up the calls of one case. What it keeps is bounded, however many calls there are and whatever they answer. */
export function createTally() {
  let calls = 0;
  let errors = 0;
  let logTail: readonly string[] = [];
  const timed: TimedCall[] = [];
  const versions = new Set<string>();
  const seen = new Map<string, { text: string; count: number }>();
  let fix = '';

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
    add(differences: readonly Difference[], call: Invocation | undefined, fixOfCall?: string): void {
      calls += 1;
      if (differences.length > 0) errors += 1;
      if (differences.length > 0 && logTail.length === 0) logTail = call?.logTail ?? [];
      for (const { text } of differences) note(text);
      if (fix === '' && differences[0]) fix = fixOfCall ?? fixes[differences[0].kind];
      if (!call) return;
      versions.add(call.executedVersion);
      if (call.functionError === undefined) timed.push(call);
    },
    result({ name, repeat }: PreparedCase): CaseResult {
      const differences = [...seen.values()].map(describe);
      if (calls < repeat) differences.push(`only ${calls} of ${repeat} calls were made, because every one of them failed`);
      const passed = errors === 0 && calls > 0;
      return { name, passed, calls, errors, differences, ...summarizeCalls(timed), versions: [...versions], logTail, fix };
    },
  };
}

/** The part of a result that is written down. */
export function toRecordCase({
  versions: _versions,
  logTail: _logTail,
  fix: _fix,
  ...kept
}: CaseResult): SmokeRecord['cases'][number] {
  return kept;
}
