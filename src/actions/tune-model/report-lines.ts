import type { TuningRecord } from '../../records/tuning-record.ts';
import type { Log } from '../../runner/ports.ts';
import { formatSeconds } from '../../time/duration.ts';
import { formatUsd } from '../../training/money.ts';
import { describePrice } from '../train-model/report-lines.ts';
import { describeValues } from '../../training/hyperparameters.ts';
import type { Preparation } from './prepare.ts';

/** What the step is about to do and may cost, before it does it. */
export function announce({ decision, plan, basis }: Preparation, log: Log): void {
  if (decision.kind === 'launch') {
    const { asked, trialCeilingUsd, price } = plan;
    const { stopAtUsd, maxParallelJobs, warnings } = decision.terms.allowance;
    const { goal, metric } = asked.objective;
    log.info(
      `tune: ${asked.strategy} search to ${goal} ${metric} over ${Object.keys(asked.ranges).join(', ')}: ` +
        `${asked.maxJobs} trials, ${maxParallelJobs} at once, on ${asked.instanceCount} × ${asked.instanceType}.`,
    );
    const each = `${formatSeconds(asked.maxRuntimeSeconds)} and ${usd(trialCeilingUsd)}`;
    const stop =
      stopAtUsd === undefined || stopAtUsd >= (asked.ceilingUsd ?? Infinity) ? '' : `, stopped at ${formatUsd(stopAtUsd)}`;
    log.info(
      `tune: at most ${each} a trial, ${usd(asked.ceilingUsd)} in all${stop} (${describePrice(asked.instanceType, price, basis.rehearsal)}).`,
    );
    log.info('tune: the logs of the trials are in CloudWatch, /aws/sagemaker/TrainingJobs, under their names.');
    for (const warning of warnings) log.warning(warning);
  }
  if (decision.kind === 'reuse' && decision.record.state.status === 'reused') {
    const { name, commit } = decision.record.state;
    log.info(
      `tune: nothing has changed since ${commit.slice(0, 7)}; uses the result of ${name} at $0. The input force searches again.`,
    );
  }
  for (const warning of basis.warnings) log.warning(warning);
}

function usd(amount: number | undefined): string {
  return amount === undefined ? 'an unknown price' : formatUsd(amount);
}

/** How the search ended, in one line. */
export function describeOutcome(record: TuningRecord): string {
  const { state, best, asked, trials, costUsd } = record;
  if (record.handedOver) return `tune: ${record.name} runs on without this step; a later run of this commit finishes it.`;
  const cost = costUsd === undefined ? 'cost unknown' : formatUsd(costUsd);
  const nobodyPays = record.rehearsal && costUsd ? ' on AWS; here nothing was billed' : '';
  const count = state.status === 'reused' ? [] : [`${trials.length} ${trials.length === 1 ? 'trial' : 'trials'}`];
  const value = best?.objective === undefined ? '' : `, ${asked.objective.metric} ${best.objective}`;
  const result = best ? [`best ${describeValues(best.hyperparameters)}${value} (${best.name})`] : ['no result'];
  return `tune: ${[state.status, ...count, ...result, cost].join(', ')}${nobodyPays}.`;
}
