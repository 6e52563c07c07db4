import type { RunRecord } from '../records/record.ts';

type Curves = RunRecord['curves'];

/** Longer curves keep every n-th value, so that a record stays a small object. */
const maxValues = 1_000;

/**
 * Collects the training curve of every metric from log lines as they arrive. A metric is a regular expression whose
 * first group is the number, as SageMaker takes it; what the group holds otherwise is passed over.
 */
export function createCurves(metrics: Readonly<Record<string, string>>): {
  add(line: string): void;
  last(): string[];
  curves(): Curves;
} {
  const patterns = Object.entries(metrics).map(([name, regex]) => ({ name, pattern: new RegExp(regex), values: [] as number[] }));
  return {
    add(line) {
      for (const { pattern, values } of patterns) {
        const value = findValue(line, pattern);
        if (value !== undefined) values.push(value);
      }
    },
    last: () => patterns.filter(({ values }) => values.length > 0).map(({ name, values }) => `${name} ${values.at(-1)}`),
    curves: () => patterns.filter(({ values }) => values.length > 0).map(({ name, values }) => ({ name, values: thin(values) })),
  };
}

function findValue(line: string, pattern: RegExp): number | undefined {
  const text = pattern.exec(line)?.[1];
  if (text === undefined || text.trim() === '') return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}

function thin(values: readonly number[]): number[] {
  const step = Math.ceil(values.length / maxValues);
  return step <= 1 ? [...values] : values.filter((_, index) => index % step === 0 || index === values.length - 1);
}
