import type {
  CreateTrainingJobRequest,
  DescribeTrainingJobResponse,
  MetricData,
  SecondaryStatus,
  SecondaryStatusTransition,
  TrainingJobStatus,
} from '@aws-sdk/client-sagemaker';
import type { Clock } from '../../../time/clock.ts';
import { viewJob } from './view-job.ts';

/** Log group of every job, and namespace of its metrics. */
export const logGroup = '/aws/sagemaker/TrainingJobs';

/** Why a job is being ended from outside. */
export type EndReason = 'stopped' | 'max-runtime' | 'max-wait';

/** Who launched a job, where it was not a request of its own. */
export interface JobOwner {
  readonly tuningJobArn: string;
  /** First lines of its log. */
  readonly notes: readonly string[];
  /** Told every value of its metrics when it is seen in the log. */
  readonly onMetric: (name: string, value: number) => void;
}

/** A training job as the cloud keeps it. Only `changeJob` changes what can be seen of it. */
export interface Job {
  readonly name: string;
  readonly arn: string;
  readonly request: CreateTrainingJobRequest;
  readonly owner?: JobOwner;
  readonly created: Date;
  readonly tags: Map<string, string>;
  readonly state: JobState;
  /** What could be seen of it, and since when; the last is the present. */
  readonly history: { readonly atMs: number; readonly view: DescribeTrainingJobResponse }[];
  /** Aborted when the job shall end; `state.endReason` says why. */
  readonly end: AbortController;
  /** Aborted when the cloud closes: no grace, no upload. */
  readonly close: AbortController;
}

export interface JobState {
  status: TrainingJobStatus;
  secondaryStatus: SecondaryStatus;
  modified: Date;
  readonly transitions: SecondaryStatusTransition[];
  failureReason?: string;
  /** Billing begins here: instances are there, data is being downloaded. */
  trainingStarted?: Date;
  trainingEnded?: Date;
  modelUri?: string;
  metrics: MetricData[];
  endReason?: EndReason;
}

export function createJob(request: CreateTrainingJobRequest, arn: string, clock: Clock, owner?: JobOwner): Job {
  const now = clock.now();
  const job: Job = {
    name: request.TrainingJobName ?? '',
    arn,
    request,
    ...(owner && { owner }),
    created: now,
    tags: new Map((request.Tags ?? []).map((tag) => [tag.Key ?? '', tag.Value ?? ''])),
    state: { status: 'InProgress', secondaryStatus: 'Starting', modified: now, transitions: [], metrics: [] },
    history: [],
    end: new AbortController(),
    close: new AbortController(),
  };
  changeJob(job, clock, { secondaryStatus: 'Starting', message: 'Starting the training job' });
  return job;
}

/** One step of a job's life: closes the open transition, opens the next, and remembers what is seen from now on. */
export function changeJob(
  job: Job,
  clock: Clock,
  change: { secondaryStatus: SecondaryStatus; message: string; status?: TrainingJobStatus; state?: Partial<JobState> },
): void {
  const { state } = job;
  const now = clock.now();
  Object.assign(state, change.state, {
    modified: now,
    secondaryStatus: change.secondaryStatus,
    status: change.status ?? state.status,
  });
  const open = state.transitions.at(-1);
  if (open) open.EndTime = now;
  state.transitions.push({
    Status: change.secondaryStatus,
    StartTime: now,
    StatusMessage: change.message,
    ...(isOver(job) && { EndTime: now }),
  });
  job.history.push({ atMs: now.getTime(), view: viewJob(job) });
}

export function isOver(job: Job): boolean {
  return job.state.status === 'Completed' || job.state.status === 'Failed' || job.state.status === 'Stopped';
}
