import type * as sagemaker from '@aws-sdk/client-sagemaker';
import { AwsError, type Cloud } from '../../contract.ts';
import type { JobTable } from './job-table.ts';
import { isOver } from './job.ts';
import type { LaunchJob } from './launch-job.ts';
import { listTrainingJobs } from './list-jobs.ts';
import { endJob } from './end-job.ts';

interface Deps {
  readonly cloud: Cloud;
  readonly jobs: JobTable;
  readonly launch: LaunchJob;
}

/** SageMaker's training jobs, by operation. */
export function createTrainingHandlers({ cloud, jobs, launch }: Deps) {
  return {
    CreateTrainingJob: (input: sagemaker.CreateTrainingJobRequest) => ({ TrainingJobArn: launch(input).job.arn }),
    DescribeTrainingJob: (input: sagemaker.DescribeTrainingJobRequest) => jobs.look(jobs.get(input.TrainingJobName ?? '')),
    StopTrainingJob: (input: sagemaker.StopTrainingJobRequest) => {
      const job = jobs.get(input.TrainingJobName ?? '');
      if (isOver(job))
        throw new AwsError(
          'ValidationException',
          `The request was rejected because the training job is in status ${job.state.status}.`,
        );
      endJob(job, cloud.clock, 'stopped');
      return {};
    },
    ListTrainingJobs: (input: sagemaker.ListTrainingJobsRequest) => listTrainingJobs(jobs, input),
    DeleteTrainingJob: (input: sagemaker.DeleteTrainingJobRequest) => {
      const job = jobs.get(input.TrainingJobName ?? '');
      if (!isOver(job))
        throw new AwsError(
          'ResourceInUse',
          `The training job ${job.arn} is in status ${job.state.status}; only a finished job can be deleted.`,
        );
      jobs.remove(job);
      return {};
    },
  };
}
