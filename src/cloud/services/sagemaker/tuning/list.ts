import type {
  ListHyperParameterTuningJobsRequest,
  ListHyperParameterTuningJobsResponse,
  ListTrainingJobsForHyperParameterTuningJobRequest,
  ListTrainingJobsForHyperParameterTuningJobResponse,
} from '@aws-sdk/client-sagemaker';
import { listPage, takePage } from '../list-page.ts';
import type { TuningTable } from './table.ts';
import { viewTrial } from './view-tuning.ts';

/** Searches by name, state and time, by name unless asked otherwise. */
export function listTunings(
  tunings: TuningTable,
  input: ListHyperParameterTuningJobsRequest,
): ListHyperParameterTuningJobsResponse {
  const seen = tunings.all().map((tuning) => {
    const view = tunings.look(tuning);
    const summary = {
      HyperParameterTuningJobName: tuning.name,
      HyperParameterTuningJobArn: tuning.arn,
      HyperParameterTuningJobStatus: view.HyperParameterTuningJobStatus,
      Strategy: tuning.plan.strategy,
      CreationTime: tuning.created,
      ...(view.HyperParameterTuningEndTime && { HyperParameterTuningEndTime: view.HyperParameterTuningEndTime }),
      LastModifiedTime: view.LastModifiedTime,
      TrainingJobStatusCounters: view.TrainingJobStatusCounters,
      ObjectiveStatusCounters: view.ObjectiveStatusCounters,
      ResourceLimits: view.HyperParameterTuningJobConfig?.ResourceLimits,
    };
    const modified = view.LastModifiedTime ?? tuning.created;
    return { name: tuning.name, created: tuning.created, modified, status: view.HyperParameterTuningJobStatus ?? '', summary };
  });
  const asked = seen.filter(({ status }) => input.StatusEquals === undefined || status === input.StatusEquals);
  const sorting = { SortBy: input.SortBy ?? 'Name', SortOrder: input.SortOrder ?? 'Ascending' };
  const { items, ...more } = listPage(asked, { ...input, ...sorting });
  return { ...more, HyperParameterTuningJobSummaries: items.map(({ summary }) => summary) };
}

/** The trials of one search, by name unless asked otherwise; sorted by their objective, only those that have one. */
export function listTrials(
  tunings: TuningTable,
  input: ListTrainingJobsForHyperParameterTuningJobRequest,
): ListTrainingJobsForHyperParameterTuningJobResponse {
  const tuning = tunings.get(input.HyperParameterTuningJobName ?? '');
  const asked = tunings
    .lookAtTrials(tuning)
    .map((seen) => {
      const summary = viewTrial(tuning, seen);
      const status = summary.TrainingJobStatus ?? '';
      const value = summary.FinalHyperParameterTuningJobObjectiveMetric?.Value;
      return { name: seen.trial.job.name, created: seen.trial.job.created, status, value, summary };
    })
    .filter(({ status }) => input.StatusEquals === undefined || status === input.StatusEquals);
  const order = input.SortOrder ?? 'Ascending';
  if (input.SortBy !== 'FinalObjectiveMetricValue') {
    const { items, ...more } = listPage(asked, { ...input, SortBy: input.SortBy ?? 'Name', SortOrder: order });
    return { ...more, TrainingJobSummaries: items.map(({ summary }) => summary) };
  }
  const valued = asked.flatMap(({ summary, value }) => (value === undefined ? [] : [{ summary, value }]));
  valued.sort((a, b) => (order === 'Ascending' ? a.value - b.value : b.value - a.value));
  const { items, ...more } = takePage(valued, input);
  return { ...more, TrainingJobSummaries: items.map(({ summary }) => summary) };
}
