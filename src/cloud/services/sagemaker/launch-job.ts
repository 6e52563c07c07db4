import type { CreateTrainingJobRequest } from '@aws-sdk/client-sagemaker';
import type { Cloud } from '../../contract.ts';
import type { JobTable } from './job-table.ts';
import { createJob, type Job, type JobOwner } from './job.ts';

/**
 * Accepts a training job and starts it. `ended` resolves when it is over and nothing of it runs any more.
 * @throws AwsError when the service refuses it
 */
export type LaunchJob = (request: CreateTrainingJobRequest, owner?: JobOwner) => { job: Job; ended: Promise<void> };

interface Deps {
  readonly cloud: Cloud;
  readonly jobs: JobTable;
  readonly check: (request: CreateTrainingJobRequest) => void;
  /** Executes a job to its end. */
  readonly run: (job: Job) => Promise<void>;
}

export function createLaunch({ cloud, jobs, check, run }: Deps): LaunchJob {
  return (request, owner) => {
    check(request);
    const arn = `arn:aws:sagemaker:${cloud.region}:${cloud.account}:training-job/${request.TrainingJobName}`;
    const job = createJob(request, arn, cloud.clock, owner);
    jobs.add(job);
    return { job, ended: run(job) };
  };
}
