import type { TuningRecord } from '../../records/tuning-record.ts';
import type { StepResult } from '../../runner/ports.ts';
import { toTypedValue } from '../../training/hyperparameters.ts';

/** What the step says to later ones; a text is empty where there is nothing to say. */
function getOutputs(record: TuningRecord): Record<string, string> {
  const { best, asked, costUsd } = record;
  const values = Object.entries(best?.hyperparameters ?? {}).map(([name, text]) => [
    name,
    toTypedValue(text, asked.ranges[name]?.kind),
  ]);
  return {
    job: record.name,
    status: record.state.status,
    'best-hyperparameters': best ? JSON.stringify(Object.fromEntries(values)) : '',
    'best-job': best?.name ?? '',
    'best-objective': best?.objective === undefined ? '' : String(best.objective),
    model: best?.model ?? '',
    'cost-usd': costUsd === undefined ? '' : String(Number(costUsd.toFixed(6))),
  };
}

export function writeOutputs(record: TuningRecord, step: StepResult): void {
  for (const [name, value] of Object.entries(getOutputs(record))) step.output(name, value);
}
