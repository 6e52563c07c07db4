import type { ListTrainingJobsRequest, ListTrainingJobsResponse } from '@aws-sdk/client-sagemaker';
import type { JobTable } from './job-table.ts';
import { listPage } from './list-page.ts';
import { summariseJob } from './view-job.ts';

/** Jobs by name, state and time, newest first unless asked otherwise. */
export function listTrainingJobs(jobs: JobTable, input: ListTrainingJobsRequest): ListTrainingJobsResponse {
  const seen = jobs.all().map((job) => {
    const summary = summariseJob(jobs.look(job));
    const modified = summary.LastModifiedTime ?? job.created;
    return { name: job.name, created: job.created, modified, status: summary.TrainingJobStatus ?? '', summary };
  });
  const asked = seen.filter(({ status }) => input.StatusEquals === undefined || status === input.StatusEquals);
  const { items, ...more } = listPage(asked, input);
  return { ...more, TrainingJobSummaries: items.map(({ summary }) => summary) };
}
