import { isFinal, type RunRecord, type RunState } from '../records/record.ts';
import { explainFailure } from '../training/failure.ts';
import { formatDuration, formatTime, shortCommit } from './format.ts';

const icons: Record<RunState['status'], string> = {
  planned: '⏳',
  submitted: '⏳',
  'stop-requested': '⚠️',
  completed: '✅',
  failed: '❌',
  stopped: '⏹️',
  reused: '♻️',
  refused: '❌',
};

export function iconOf(state: RunState): string {
  return icons[state.status];
}

/** Seconds since the job was created, for a run that has not been seen to end. */
export function findElapsed(record: RunRecord, now: Date): number | undefined {
  if (isFinal(record.state) || !record.times.created) return undefined;
  return Math.max(0, (now.getTime() - Date.parse(record.times.created)) / 1000);
}

/** How a run stands, in the few words of a table cell. */
export function describeBriefly(record: RunRecord, now: Date): string {
  const { state } = record;
  const elapsed = findElapsed(record, now);
  switch (state.status) {
    case 'planned':
      return 'planned, not confirmed';
    case 'submitted':
      return elapsed === undefined ? 'submitted' : `running for ${formatDuration(Math.floor(elapsed))}`;
    case 'stop-requested':
      return 'stop not confirmed';
    case 'stopped':
      return {
        cancelled: 'cancelled',
        'max-runtime': 'stopped at its time limit',
        budget: 'stopped at its budget',
        elsewhere: 'stopped elsewhere',
      }[state.cause];
    case 'reused':
      return `model of ${shortCommit(state.commit)}`;
    case 'completed':
    case 'failed':
    case 'refused':
      return state.status;
    default:
      return state satisfies never;
  }
}

/** Of a run or of a tuning job. */
type Stateful = Pick<RunRecord, 'state'> & {
  readonly machine: { readonly instanceType: string };
  readonly asked: { readonly entryPoint: string };
};

/** What went wrong and what to change; the service's own words are in the details. */
function explainState({ machine, asked }: Stateful, { reason, logTail }: Extract<RunState, { status: 'failed' }>): string {
  const evidence = { reason, logTail, instanceType: machine.instanceType, entryPoint: asked.entryPoint };
  const { sentence, fix } = explainFailure(evidence);
  return `${sentence} ${fix}`;
}

/** The whole story of a run that has no result of its own, as one sentence without its name: `failed: …`. */
export function describeFully(record: Stateful): string {
  const { state } = record;
  switch (state.status) {
    case 'planned':
      return 'was planned, and it is not known yet whether the job was created; the next run finds out';
    case 'submitted':
      return 'has not ended; the next report finishes it';
    case 'stop-requested':
      return `was asked to stop at ${formatTime(new Date(state.at))} (${state.why}), which is not confirmed yet: it may still be billed`;
    case 'failed':
      return `failed: ${explainState(record, state)}`;
    case 'stopped':
      return `${{ cancelled: 'was cancelled', 'max-runtime': 'was stopped at its time limit', budget: 'was stopped at its budget', elsewhere: 'was stopped from elsewhere' }[state.cause]}: ${state.reason}`;
    case 'reused':
      return `reuses ${state.name}, trained from the same code, data and configuration at ${shortCommit(state.commit)}, for $0`;
    case 'refused':
      return `was refused, so nothing was started and nothing was spent: ${state.reason}`;
    case 'completed':
      return 'completed';
    default:
      return state satisfies never;
  }
}
