import { randomInt } from 'node:crypto';
import type * as sagemaker from '@aws-sdk/client-sagemaker';
import { AwsError, type Cloud } from '../../../contract.ts';
import { createRandom } from '../../../weather.ts';
import { checkTuning } from './check-tuning.ts';
import { listTrials, listTunings } from './list.ts';
import { readPlan } from './read-plan.ts';
import { refuse } from './refuse.ts';
import { stopTuning } from './run-tuning.ts';
import type { TuningTable } from './table.ts';
import { createTuningJob, isTuningOver, stateOf, type TuningJob } from './tuning-job.ts';

interface Deps {
  readonly cloud: Cloud;
  readonly tunings: TuningTable;
  /** Refuses what a training job would be refused for. */
  readonly checkTrial: (request: sagemaker.CreateTrainingJobRequest) => void;
  /** Starts a search that was accepted. */
  readonly run: (tuning: TuningJob) => void;
}

/** SageMaker's tuning jobs, by operation. */
export function createTuningHandlers({ cloud, tunings, checkTrial, run }: Deps) {
  const { clock } = cloud;
  return {
    CreateHyperParameterTuningJob: (input: sagemaker.CreateHyperParameterTuningJobRequest) => {
      const plan = readPlan(input, tunings.get);
      checkTuning(input, plan, tunings, checkTrial);
      const arn = `arn:aws:sagemaker:${cloud.region}:${cloud.account}:hyper-parameter-tuning-job/${input.HyperParameterTuningJobName}`;
      const seed = input.HyperParameterTuningJobConfig?.RandomSeed ?? randomInt(2 ** 32);
      const tuning = createTuningJob(input, { arn, plan, random: createRandom(seed) }, clock);
      tunings.add(tuning);
      run(tuning);
      return { HyperParameterTuningJobArn: arn };
    },
    DescribeHyperParameterTuningJob: (input: sagemaker.DescribeHyperParameterTuningJobRequest) =>
      tunings.look(tunings.get(input.HyperParameterTuningJobName ?? '')),
    ListHyperParameterTuningJobs: (input: sagemaker.ListHyperParameterTuningJobsRequest) => listTunings(tunings, input),
    ListTrainingJobsForHyperParameterTuningJob: (input: sagemaker.ListTrainingJobsForHyperParameterTuningJobRequest) =>
      listTrials(tunings, input),
    StopHyperParameterTuningJob: (input: sagemaker.StopHyperParameterTuningJobRequest) => {
      const tuning = tunings.get(input.HyperParameterTuningJobName ?? '');
      if (isTuningOver(tuning))
        refuse(`The request was rejected because the hyperparameter tuning job is in status ${stateOf(tuning).status}.`);
      stopTuning(tuning, clock);
      return {};
    },
    DeleteHyperParameterTuningJob: (input: sagemaker.DeleteHyperParameterTuningJobRequest) => {
      const tuning = tunings.get(input.HyperParameterTuningJobName ?? '');
      if (!isTuningOver(tuning))
        throw new AwsError(
          'ResourceInUse',
          `The hyperparameter tuning job ${tuning.arn} is in status ${stateOf(tuning).status}; only a finished one can be deleted.`,
        );
      tunings.remove(tuning);
      return {};
    },
  };
}
