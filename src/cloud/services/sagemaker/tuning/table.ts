import type { DescribeHyperParameterTuningJobResponse } from '@aws-sdk/client-sagemaker';
import { AwsError, type Cloud } from '../../../contract.ts';
import type { JobTable } from '../job-table.ts';
import type { TuningJob } from './tuning-job.ts';
import { viewTuning, type SeenTrial } from './view-tuning.ts';

export interface TuningTable {
  readonly add: (tuning: TuningJob) => void;
  readonly remove: (tuning: TuningJob) => void;
  /** @throws ResourceNotFound in AWS's words */
  readonly get: (name: string) => TuningJob;
  readonly find: (name: string) => TuningJob | undefined;
  readonly findByArn: (arn: string) => TuningJob | undefined;
  readonly all: () => TuningJob[];
  /** What a read shows: under some weather, the search and its trials as they were a little while ago. */
  readonly look: (tuning: TuningJob) => DescribeHyperParameterTuningJobResponse;
  /** The trials a read shows, in the order of their creation. */
  readonly lookAtTrials: (tuning: TuningJob) => SeenTrial[];
}

export function createTuningTable({ clock, weather }: Pick<Cloud, 'clock' | 'weather'>, jobs: JobTable): TuningTable {
  const tunings = new Map<string, TuningJob>();
  const then = () => clock.now().getTime() - weather.readLagMs;
  const lookAtTrials = ({ trials }: TuningJob): SeenTrial[] =>
    trials.filter(({ job }) => job.created.getTime() <= then()).map((trial) => ({ trial, view: jobs.look(trial.job) }));
  return {
    add: (tuning) => void tunings.set(tuning.name, tuning),
    remove: (tuning) => void tunings.delete(tuning.name),
    get: (name) => {
      const tuning = tunings.get(name);
      if (!tuning)
        throw new AwsError('ResourceNotFound', `Amazon SageMaker can't find a tuning job called ${name}. Type another name.`);
      return tuning;
    },
    find: (name) => tunings.get(name),
    findByArn: (arn) => [...tunings.values()].find((tuning) => tuning.arn === arn),
    all: () => [...tunings.values()],
    look: (tuning) => {
      const seen = tuning.history.findLast(({ atMs }) => atMs <= then()) ?? tuning.history[0];
      if (!seen) throw new Error('A tuning job without a state.');
      const parents = tuning.plan.parents.flatMap(lookAtTrials);
      return viewTuning(tuning, { state: seen.state, trials: lookAtTrials(tuning), parents, now: clock.now() });
    },
    lookAtTrials,
  };
}
