import type { Problem } from '../../action-error.ts';
import { toMarkdownPieces } from '../../report/markdown.ts';
import { joinWithin } from '../../report/shorten.ts';
import type { Table } from '../../report/document.ts';
import { formatMs } from '../../serving/smoke-expect.ts';
import { findCaseLine } from '../../serving/smoke-prepare.ts';
import type { CaseResult } from '../../serving/smoke-tally.ts';
import type { Spec } from '../../spec/spec.ts';

/** What was called, in words. */
export interface Target {
  readonly functionName: string;
  readonly alias: string;
  readonly version: string;
  /** The endpoint that this version of the function calls. */
  readonly endpoint: string;
}

/** One line for a case, and one for each difference. */
export function describeCase(result: CaseResult): string[] {
  const { name, passed, calls, errors } = result;
  const count = `${calls} call${calls === 1 ? '' : 's'}`;
  const failed = errors > 0 && calls > 1 ? `, ${errors} failed (${formatShare(errors, calls)})` : '';
  const line = [`${passed ? 'passed' : 'FAILED'}: ${name} — ${count}${failed}`, ...describeTimes(result)].join('; ');
  return [line, ...result.differences.map((difference) => `        ${difference}`)];
}

function describeTimes({ warm, cold, calls }: CaseResult): string[] {
  if (calls === 1) return warm ? [`warm ${formatMs(warm.max)}`] : cold ? [`cold ${formatMs(cold.max)}`] : [];
  return [
    ...(warm ? [`warm p50 ${formatMs(warm.p50)}, p95 ${formatMs(warm.p95)}, p99 ${formatMs(warm.p99)}`] : []),
    ...(cold ? [`${cold.count} cold, p50 ${formatMs(cold.p50)}, at most ${formatMs(cold.max)}`] : []),
  ];
}

/** The job summary: what was called, a table of the cases, and what differed. */
export function writeSummary(target: Target, results: readonly CaseResult[]): string {
  const failed = results.filter(({ passed }) => !passed);
  const heading = failed.length === 0 ? `Smoke test passed: ${target.alias}` : `Smoke test failed: ${target.alias}`;
  const pieces = toMarkdownPieces([
    { kind: 'heading', text: heading },
    {
      kind: 'paragraph',
      text: [
        { code: `${target.functionName}:${target.alias}` },
        ` is version ${target.version} and calls the endpoint `,
        { code: target.endpoint },
        '.',
      ],
    },
    { ...writeTable(results), weight: 100 },
    ...(failed.length > 0
      ? ([
          {
            kind: 'list',
            items: failed.flatMap(({ name, differences }) => differences.map((text) => [{ strong: name }, `: ${text}`])),
            weight: 90,
          },
        ] as const)
      : []),
  ]);
  return joinWithin(pieces, summaryLimit, '*Shortened; the log of this step has all of it.*');
}

/** Far below GitHub's 1 MiB, which other steps of the job share. */
const summaryLimit = 60_000;

const ms = (value: number | undefined) => [value === undefined ? '–' : formatMs(value)];

function writeTable(results: readonly CaseResult[]): Table {
  return {
    kind: 'table',
    header: ['Case', 'Result', 'Calls', 'Failed', 'Warm p50', 'p95', 'p99', 'Cold'],
    align: ['left', 'left', 'right', 'right', 'right', 'right', 'right', 'right'],
    rows: results.map(({ name, passed, calls, errors, warm, cold }) => [
      [name],
      [passed ? 'passed' : { strong: 'failed' }],
      [String(calls)],
      [errors === 0 || calls === 1 ? String(errors) : `${errors} (${formatShare(errors, calls)})`],
      ms(warm?.p50),
      ms(warm?.p95),
      ms(warm?.p99),
      [cold ? `${formatMs(cold.max)}${cold.count > 1 ? ` (slowest of ${cold.count})` : ''}` : '–'],
    ]),
  };
}

function formatShare(part: number, whole: number): string {
  const percent = (part / whole) * 100;
  return `${Number(percent.toFixed(percent < 10 ? 1 : 0))} %`;
}

/** One annotation for each case that failed, at its line of the spec. */
export function listProblems(results: readonly CaseResult[], spec: Spec): Problem[] {
  return results
    .filter(({ passed }) => !passed)
    .map(({ name, differences, fix }) => ({
      name: `smoke case ${JSON.stringify(name)}`,
      message: `${differences.join('; ')}.`,
      fix,
      where: findCaseLine(
        spec,
        spec.smoke.findIndex((one) => one.name === name),
      ),
    }));
}

/** The output `results`; percentiles of warm calls, null without one. */
export function writeResults(results: readonly CaseResult[]): string {
  return JSON.stringify(
    results.map(({ name, passed, warm }) => ({
      name,
      passed,
      'p50-ms': warm?.p50 ?? null,
      'p95-ms': warm?.p95 ?? null,
      'p99-ms': warm?.p99 ?? null,
    })),
  );
}
