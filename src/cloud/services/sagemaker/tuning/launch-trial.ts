import type { Clock } from '../../../../time/clock.ts';
import { endJob } from '../end-job.ts';
import type { LaunchJob } from '../launch-job.ts';
import { lossOf, turn } from './results.ts';
import { writeValues } from './space.ts';
import { suggest } from './suggest.ts';
import { createTrialRequest, nameTrial } from './trial-request.ts';
import type { Trial, TuningJob } from './tuning-job.ts';

/** Starts the next trial of a search. @returns resolves when it has ended. @throws AwsError as CreateTrainingJob does */
export function launchTrial(tuning: TuningJob, clock: Clock, launch: LaunchJob): Promise<void> {
  const { plan, trials } = tuning;
  const seen = trials.map((trial) => {
    const loss = lossOf(tuning, trial);
    return loss === undefined ? { point: trial.point } : { point: trial.point, loss };
  });
  const { point, how } = suggest(plan.strategy, plan.space, { trials: seen, parents: plan.known }, tuning.random);
  const values = writeValues(plan.space, point);
  const number = trials.length + 1;
  const name = nameTrial(tuning, number);
  const chosen = Object.entries(values).map(([key, value]) => `${key} ${value}`);
  const { job, ended } = launch(createTrialRequest(plan, { name, values, tags: tuning.tags }), {
    tuningJobArn: tuning.arn,
    notes: [`trial ${number} of the tuning job ${tuning.name}: ${chosen.join(', ')}, chosen ${how}`],
    onMetric: (metric, value) => {
      if (metric === plan.objective.metric) report(tuning, trial, value, clock);
    },
  });
  const trial: Trial = { job, point, values, losses: [] };
  trials.push(trial);
  return ended;
}

/** Notes a value of the objective, and ends a trial that will not win or has had all it may have. */
function report(tuning: TuningJob, trial: Trial, value: number, clock: Clock): void {
  const { objective, stopRule, measuredBy, maxResource = Infinity } = tuning.plan;
  trial.losses.push(turn(objective.goal, value));
  if (trial.job.end.signal.aborted) return;
  const others = tuning.trials.filter(
    (other) => other !== trial && (measuredBy === 'all' || other.job.state.status === 'Completed'),
  );
  const behind = stopRule?.(
    trial.losses,
    others.map(({ losses }) => losses),
  );
  if (behind !== undefined) endTrial(trial, clock, 'behind', behind);
  else if (trial.losses.length > maxResource) endTrial(trial, clock, 'whole', `it has gone on after ${maxResource} reports`);
}

function endTrial(trial: Trial, clock: Clock, as: 'behind' | 'whole', why: string): void {
  trial.endedAs = as;
  endJob(trial.job, clock, 'stopped', `ended by the tuning job: ${why}`);
}
