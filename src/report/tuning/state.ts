import { isFinal } from '../../records/record.ts';
import type { Trial, TuningRecord } from '../../records/tuning-record.ts';
import { formatDuration, formatTime, formatUsd, shortCommit } from '../format.ts';
import { describeFully } from '../state.ts';

/** How a tuning job ended or stands, as the end of a sentence without its name. */
export function describeSearchState(search: TuningRecord): string {
  const { state, asked, trials } = search;
  if (state.status === 'reused')
    return `reuses ${state.name}, which searched with the same code, data and ranges at ${shortCommit(state.commit)}, for $0`;
  if (state.status === 'submitted') {
    const ended = trials.filter((trial) => trial.status !== 'in-progress').length;
    const at = `${ended} of ${asked.maxJobs} trials had ended at ${formatTime(new Date(search.times.updated))}`;
    return `is not over: ${at}${search.handedOver ? '; nobody waits for it, so a later run of this step brings it up to date' : ''}`;
  }
  if (state.status === 'stopped' && state.cause === 'budget') {
    const budget = asked.stopAtUsd === undefined ? 'its budget' : `its budget of ${formatUsd(asked.stopAtUsd)}`;
    return `was stopped at ${budget}: ${state.reason}`;
  }
  return describeFully(search);
}

/** The few words of a table cell. */
export function describeTrial(trial: Trial, search: TuningRecord): string {
  if (search.best?.name === trial.name) return '🏆 best';
  if (trial.endedEarly) return '⏭️ stopped early';
  switch (trial.status) {
    case 'completed':
      return trial.objective === undefined ? '⚠️ completed without the objective' : '✅ completed';
    case 'failed':
      return '❌ failed';
    case 'stopped':
      return '⏹️ stopped';
    case 'in-progress':
      return isFinal(search.state) ? '⚠️ not seen to end' : '⏳ running';
    default:
      return trial.status satisfies never;
  }
}

export function describeTrialDuration(trial: Trial, now: Date): string {
  if (trial.trainingSeconds !== undefined) return formatDuration(trial.trainingSeconds);
  if (trial.status !== 'in-progress') return 'no data';
  if (trial.started === undefined) return 'not started';
  return `${formatDuration(Math.max(0, Math.floor((now.getTime() - Date.parse(trial.started)) / 1000)))} so far`;
}

export function describeTrialCost(trial: Trial, { price }: Pick<TuningRecord, 'price'>): string {
  if (trial.costUsd !== undefined) return formatUsd(trial.costUsd);
  if (price.kind === 'unknown') return 'unknown (no price)';
  return trial.status === 'in-progress' ? 'open' : 'unknown';
}
