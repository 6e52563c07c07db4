import type { DescribeTrainingJobResponse } from '@aws-sdk/client-sagemaker';
import type { Clock } from '../../../time/clock.ts';
import { AwsError, type Weather } from '../../contract.ts';
import type { Job } from './job.ts';

export interface JobTable {
  add(job: Job): void;
  remove(job: Job): void;
  find(name: string): Job | undefined;
  /** @throws ValidationException, which is what AWS answers here instead of the documented ResourceNotFound */
  get(name: string): Job;
  findByArn(arn: string): Job | undefined;
  all(): Job[];
  /** What a read shows: under some weather, the job as it was a little while ago. */
  look(job: Job): DescribeTrainingJobResponse;
}

export function createJobTable({ clock, weather }: { clock: Clock; weather: Weather }): JobTable {
  const jobs = new Map<string, Job>();
  return {
    add: (job) => void jobs.set(job.name, job),
    remove: (job) => void jobs.delete(job.name),
    find: (name) => jobs.get(name),
    get: (name) => found(jobs.get(name)),
    findByArn: (arn) => [...jobs.values()].find((job) => job.arn === arn),
    all: () => [...jobs.values()],
    look: ({ history }) => {
      const then = clock.now().getTime() - weather.readLagMs;
      const seen = history.findLast(({ atMs }) => atMs <= then) ?? history[0];
      if (!seen) throw new Error('A job without a state.');
      return seen.view;
    },
  };
}

function found(job: Job | undefined): Job {
  if (!job) throw new AwsError('ValidationException', 'Requested resource not found.');
  return job;
}
