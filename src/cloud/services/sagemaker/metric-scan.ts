import type { MetricData, MetricDefinition } from '@aws-sdk/client-sagemaker';

export interface MetricScan {
  /** Looks for every metric in a line of the log. */
  read(line: string, at: Date): void;
  /** The last value of each metric that was seen. */
  readonly last: () => MetricData[];
}

/** The job's MetricDefinitions: the first group of each expression is the value. What is no number is no value. */
export function createMetricScan(
  definitions: readonly MetricDefinition[],
  onValue: (name: string, value: number, at: Date) => void,
): MetricScan {
  const patterns = definitions.map(({ Name, Regex }) => ({ name: Name ?? '', pattern: new RegExp(Regex ?? '') }));
  const last = new Map<string, MetricData>();
  return {
    read: (line, at) => {
      for (const { name, pattern } of patterns) {
        const text = pattern.exec(line)?.[1]?.trim() ?? '';
        const value = text === '' ? Number.NaN : Number(text);
        if (Number.isNaN(value)) continue;
        last.set(name, { MetricName: name, Value: value, Timestamp: at });
        onValue(name, value, at);
      }
    },
    last: () => [...last.values()],
  };
}
