import type { ListTrainingJobsRequest, ListTrainingJobsResponse, TrainingJobSummary } from '@aws-sdk/client-sagemaker';
import { AwsError } from '../../contract.ts';
import type { JobTable } from './job-table.ts';
import { summariseJob } from './view-job.ts';

/** Jobs by name, state and time, newest first unless asked otherwise. */
export function listTrainingJobs(jobs: JobTable, input: ListTrainingJobsRequest): ListTrainingJobsResponse {
  const found = jobs
    .all()
    .map((job) => summariseJob(jobs.look(job)))
    .filter((job) => matches(job, input))
    .sort((a, b) => (sortKey(a, input) < sortKey(b, input) ? -1 : 1));
  if (input.SortOrder !== 'Ascending') found.reverse();
  const from = input.NextToken === undefined ? 0 : Number(input.NextToken);
  if (!Number.isInteger(from) || from < 0) throw new AwsError('ValidationException', 'Invalid NextToken.');
  const to = from + (input.MaxResults ?? 10);
  return { TrainingJobSummaries: found.slice(from, to), ...(to < found.length && { NextToken: String(to) }) };
}

function matches(job: TrainingJobSummary, input: ListTrainingJobsRequest): boolean {
  return (
    (job.TrainingJobName ?? '').includes(input.NameContains ?? '') &&
    (input.StatusEquals === undefined || job.TrainingJobStatus === input.StatusEquals) &&
    isBetween(job.CreationTime, input.CreationTimeAfter, input.CreationTimeBefore) &&
    isBetween(job.LastModifiedTime, input.LastModifiedTimeAfter, input.LastModifiedTimeBefore)
  );
}

function isBetween(time: Date | undefined, after: Date | undefined, before: Date | undefined): boolean {
  const ms = time?.getTime() ?? 0;
  return ms >= (after?.getTime() ?? -Infinity) && ms <= (before?.getTime() ?? Infinity);
}

function sortKey(job: TrainingJobSummary, input: ListTrainingJobsRequest): string {
  if (input.SortBy === 'Name') return job.TrainingJobName ?? '';
  if (input.SortBy === 'Status') return job.TrainingJobStatus ?? '';
  return job.CreationTime?.toISOString() ?? '';
}
