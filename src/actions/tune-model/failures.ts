import { ActionError } from '../../action-error.ts';
import type { TuningRecord } from '../../records/tuning-record.ts';
import { explainFailure } from '../../training/failure.ts';
import { formatUsd } from '../../training/money.ts';

const shownLogLines = 8;

/** The error of a search without a usable end, with its reason and what to change; undefined for one that has a result. */
export function findFailure(record: TuningRecord): ActionError | undefined {
  const { state, name, best, asked } = record;
  if (state.status === 'failed') return explainFailed(record, state);
  if (state.status !== 'stopped') return undefined;
  if (state.cause !== 'budget') {
    return new ActionError({
      kind: 'stopped',
      message: `The search ${name} was stopped: ${state.reason}.`,
      fix: 'Find out who stopped it (CloudTrail has StopHyperParameterTuningJob), then re-run this workflow.',
    });
  }
  if (best) return undefined;
  const limit = asked.stopAtUsd === undefined ? 'its budget' : formatUsd(asked.stopAtUsd);
  return new ActionError({
    kind: 'budget',
    message: `The search ${name} was stopped at ${limit} before any trial had a value of ${asked.objective.metric}.`,
    fix: 'Raise budget or the input max-cost-usd, or make a trial cheaper: tune.max-runtime, tune.instance-type, fewer epochs.',
  });
}

function explainFailed(record: TuningRecord, { reason, logTail }: { reason: string; logTail: readonly string[] }): ActionError {
  const { name, asked, trials } = record;
  const failed = trials.filter(({ status }) => status === 'failed');
  const last = logTail.slice(-shownLogLines).map((line) => `  ${line}`);
  const log = last.length > 0 ? ['Last log lines:', ...last] : [];
  const [first] = failed;
  if (first) {
    const { entryPoint, instanceType } = asked;
    const failure = explainFailure({ reason: first.failureReason ?? '', logTail, instanceType, entryPoint });
    const count = `${failed.length} of ${trials.length} trials failed`;
    const why = `The search ${name} failed: ${count}. The first, ${first.name}: ${failure.sentence}`;
    return new ActionError({ kind: failure.kind, message: [why, ...log].join('\n'), fix: failure.fix });
  }
  const { metric } = asked.objective;
  if (trials.some(({ status }) => status === 'completed') && !trials.some(({ objective }) => objective !== undefined)) {
    const why = `The search ${name} failed: its ${trials.length} trials ended well, and none printed a value of ${metric}.`;
    return new ActionError({
      kind: 'script',
      message: [why, ...log].join('\n'),
      fix: `Make ${asked.entryPoint} print a line that matches metrics.${metric}, or correct that regular expression.`,
    });
  }
  return new ActionError({
    kind: 'aws',
    message: `The search ${name} failed: ${reason === '' ? 'SageMaker gave no reason.' : reason}`,
    fix: 'Look at the tuning job in the AWS console, then re-run this workflow.',
  });
}

/** What a reader should know of a search that has a result all the same. */
export function listWarnings(record: TuningRecord): string[] {
  const { state, trials, asked } = record;
  const failed = trials.filter(({ status }) => status === 'failed').length;
  const ended = trials.filter(({ status }) => status !== 'in-progress').length;
  return [
    ...(state.status === 'stopped' && state.cause === 'budget'
      ? [`The search was stopped at its budget after ${ended} of ${asked.maxJobs} trials; the best of them is the result.`]
      : []),
    ...(failed > 0 ? [`${failed} of ${trials.length} trials failed; the search went on without them.`] : []),
  ];
}
