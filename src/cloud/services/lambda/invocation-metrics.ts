import type { Clock } from '../../../time/clock.ts';
import type { MetricStore } from '../../contract.ts';

interface Subject {
  readonly functionName: string;
  /** As called; undefined: none. */
  readonly qualifier: string | undefined;
  readonly version: string;
}

export interface InvocationMetrics {
  called(subject: Subject, call: { milliseconds: number; failed: boolean; concurrent: number }): void;
  throttled(subject: Subject): void;
  /** Hands over what was collected. */
  flush(): void;
}

interface Series {
  readonly dimensions: Readonly<Record<string, string>>;
  readonly name: string;
  readonly unit: string;
  readonly points: { at: Date; value: number }[];
}

const namespace = 'AWS/Lambda';
/** Points are handed over together: under load, one at a time would cost more than the calls. */
const collectMs = 500;

export function createInvocationMetrics(store: MetricStore, clock: Clock): InvocationMetrics {
  let series = new Map<string, Series>();
  let collecting: AbortController | undefined;

  const flush = () => {
    collecting?.abort();
    collecting = undefined;
    const all = [...series.values()];
    series = new Map();
    for (const { dimensions, name, unit, points } of all) store.put(namespace, dimensions, name, unit, points);
  };
  const collect = () => {
    if (collecting) return;
    const over = new AbortController();
    collecting = over;
    void clock.sleep(collectMs, over.signal).then(() => (over.signal.aborted ? undefined : flush()));
  };
  const add = (subject: Subject, values: readonly (readonly [name: string, unit: string, value: number])[]) => {
    const at = clock.now();
    for (const dimensions of listDimensions(subject)) {
      for (const [name, unit, value] of values) {
        const key = JSON.stringify([dimensions, name]);
        const one = series.get(key) ?? { dimensions, name, unit, points: [] };
        series.set(key, one);
        one.points.push({ at, value });
      }
    }
    collect();
  };
  return {
    called: (subject, { milliseconds, failed, concurrent }) =>
      add(subject, [
        ['Invocations', 'Count', 1],
        ['Errors', 'Count', failed ? 1 : 0],
        ['Throttles', 'Count', 0],
        ['Duration', 'Milliseconds', milliseconds],
        ['ConcurrentExecutions', 'Count', concurrent],
      ]),
    throttled: (subject) => add(subject, [['Throttles', 'Count', 1]]),
    flush,
  };
}

/** The function as a whole, and what it was called by; by an alias, the version too. */
function listDimensions({ functionName, qualifier, version }: Subject): Record<string, string>[] {
  const whole = { FunctionName: functionName };
  if (qualifier === undefined) return [whole];
  const called = { ...whole, Resource: `${functionName}:${qualifier}` };
  return qualifier === version ? [whole, called] : [whole, called, { ...called, ExecutedVersion: version }];
}
