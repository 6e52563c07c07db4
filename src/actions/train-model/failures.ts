import { ActionError, type ErrorKind } from '../../action-error.ts';
import type { RunRecord } from '../../records/record.ts';
import { explainFailure } from '../../training/failure.ts';
import { formatSeconds } from '../../time/duration.ts';

/** How one run ended: with a record, or with an error and the record as it stood then, if there was one. */
export type Result =
  | { readonly label: string; readonly record: RunRecord }
  | { readonly label: string; readonly error: unknown; readonly record: RunRecord | undefined };

interface Told {
  readonly kind: ErrorKind;
  readonly message: string;
  readonly fix: string;
}

const shownLogLines = 8;

/** One error that names every failed run, why, its last log lines, and what to change; undefined when none failed. */
export function findFailure(results: readonly Result[]): ActionError | undefined {
  const told = results.map(tell).filter((one) => one !== undefined);
  const [first] = told;
  if (!first) return undefined;
  const others = results.length - told.length;
  const rest = others > 0 ? [`${others} other ${others === 1 ? 'run' : 'runs'} of this step did not fail.`] : [];
  return new ActionError({
    kind: first.kind,
    message: [...told.map((one) => one.message), ...rest].join('\n'),
    fix: [...new Set(told.map((one) => one.fix))].join(' '),
    cause: results.find((one) => 'error' in one)?.error,
  });
}

function tell(result: Result): Told | undefined {
  if ('error' in result) return tellError(result.label, result.error);
  const { record, label } = result;
  const { state } = record;
  if (state.status === 'failed') {
    const { reason, logTail } = state;
    const failure = explainFailure({
      reason,
      logTail,
      instanceType: record.machine.instanceType,
      entryPoint: record.asked.entryPoint,
    });
    const last = logTail.slice(-shownLogLines).map((line) => `  ${line}`);
    const log = last.length > 0 ? ['Last log lines:', ...last] : ['It wrote no log.'];
    return { ...failure, message: [`The run ${label} (${record.name}) failed. ${failure.sentence}`, ...log].join('\n') };
  }
  if (state.status !== 'stopped') return undefined;
  const fix =
    state.cause === 'max-runtime'
      ? `Raise max-runtime (now ${formatSeconds(record.asked.maxRuntimeSeconds)}) or train less.`
      : `Find out who stopped it (CloudTrail has ${record.on === 'ec2' ? 'TerminateInstances' : 'StopTrainingJob'}), then re-run this workflow.`;
  return { kind: 'stopped', message: `The run ${label} (${record.name}) was stopped: ${state.reason}.`, fix };
}

function tellError(label: string, error: unknown): Told {
  if (error instanceof ActionError) return { kind: error.kind, message: `The run ${label}: ${error.message}`, fix: error.fix };
  const text = error instanceof Error ? error.message : String(error);
  return {
    kind: 'aws',
    message: `The run ${label} ended with an error nobody expected: ${text}`,
    fix: 'Read the log of this step; if it does not say why, report it as a bug of this action.',
  };
}
