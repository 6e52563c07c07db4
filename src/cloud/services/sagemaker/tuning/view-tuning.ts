import type {
  DescribeHyperParameterTuningJobResponse,
  DescribeTrainingJobResponse,
  HyperParameterTrainingJobSummary,
} from '@aws-sdk/client-sagemaker';
import { countNotImproving, turn } from './results.ts';
import type { Trial, TuningJob } from './tuning-job.ts';

type State = TuningJob['history'][number]['state'];

/** A trial as a read sees its training job. */
export interface SeenTrial {
  readonly trial: Trial;
  readonly view: DescribeTrainingJobResponse;
}

/** What the service says of a trial in its lists. */
export function viewTrial(tuning: TuningJob, { trial, view }: SeenTrial): HyperParameterTrainingJobSummary {
  const { definition, objective } = tuning.plan;
  const value = findObjective(tuning, view);
  const over = ['Completed', 'Failed', 'Stopped'].includes(view.TrainingJobStatus ?? '');
  const named = tuning.request.TrainingJobDefinitions !== undefined;
  return {
    ...(named && definition.DefinitionName !== undefined && { TrainingJobDefinitionName: definition.DefinitionName }),
    TrainingJobName: view.TrainingJobName,
    TrainingJobArn: view.TrainingJobArn,
    CreationTime: view.CreationTime,
    ...(view.TrainingStartTime && { TrainingStartTime: view.TrainingStartTime }),
    ...(view.TrainingEndTime && { TrainingEndTime: view.TrainingEndTime }),
    TrainingJobStatus: view.TrainingJobStatus,
    TunedHyperParameters: { ...trial.values },
    ...(view.FailureReason !== undefined && { FailureReason: view.FailureReason }),
    ...(value !== undefined && {
      FinalHyperParameterTuningJobObjectiveMetric: {
        ...(named && { Type: objective.goal }),
        MetricName: objective.metric,
        Value: value,
      },
    }),
    ObjectiveStatus: over ? (value === undefined ? 'Failed' : 'Succeeded') : 'Pending',
  };
}

/** The last value of the objective, of a trial that ended without failing. */
function findObjective({ plan }: TuningJob, view: DescribeTrainingJobResponse): number | undefined {
  if (view.TrainingJobStatus !== 'Completed' && view.TrainingJobStatus !== 'Stopped') return undefined;
  return view.FinalMetricDataList?.find(({ MetricName }) => MetricName === plan.objective.metric)?.Value;
}

/** What DescribeHyperParameterTuningJob says, of a state and of trials as they are seen. */
export function viewTuning(
  tuning: TuningJob,
  { state, trials, parents, now }: { state: State; trials: readonly SeenTrial[]; parents: readonly SeenTrial[]; now: Date },
): DescribeHyperParameterTuningJobResponse {
  const { request } = tuning;
  const best = findBest(tuning, trials);
  const identical = request.WarmStartConfig?.WarmStartType === 'IdenticalDataAndAlgorithm';
  const overall = identical ? findBest(tuning, [...trials, ...parents]) : undefined;
  const modified = [state.modified, ...trials.map(({ view }) => view.LastModifiedTime ?? state.modified)];
  const { HyperParameterTuningJobName: _name, Tags: _tags, ...asked } = request;
  return {
    ...asked,
    HyperParameterTuningJobName: tuning.name,
    HyperParameterTuningJobArn: tuning.arn,
    HyperParameterTuningJobConfig: request.HyperParameterTuningJobConfig,
    HyperParameterTuningJobStatus: state.status,
    CreationTime: tuning.created,
    LastModifiedTime: new Date(Math.max(...modified.map(Number))),
    ...(state.ended && { HyperParameterTuningEndTime: state.ended }),
    ...(state.failureReason !== undefined && { FailureReason: state.failureReason }),
    ...count(tuning, trials),
    ...(best && { BestTrainingJob: best }),
    ...(overall && { OverallBestTrainingJob: overall }),
    TuningJobCompletionDetails: {
      NumberOfTrainingJobsObjectiveNotImproving: countNotImproving(listSeenLosses(tuning, trials)),
      ...(state.convergedAt && { ConvergenceDetectedTime: state.convergedAt }),
    },
    ConsumedResources: {
      RuntimeInSeconds: Math.ceil(((state.ended ?? now).getTime() - tuning.created.getTime()) / 1000),
    },
  };
}

/** Of the trials that completed, or that Hyperband ended when they had all of its resource; the earlier one of two equals. */
function findBest(tuning: TuningJob, trials: readonly SeenTrial[]): HyperParameterTrainingJobSummary | undefined {
  const { goal } = tuning.plan.objective;
  const [best] = trials
    .filter(({ trial, view }) => view.TrainingJobStatus === 'Completed' || trial.endedAs === 'whole')
    .flatMap((seen) => {
      const value = findObjective(tuning, seen.view);
      return value === undefined ? [] : [{ seen, loss: turn(goal, value) }];
    })
    .sort((a, b) => a.loss - b.loss);
  return best && viewTrial(tuning, best.seen);
}

function listSeenLosses(tuning: TuningJob, trials: readonly SeenTrial[]): number[] {
  return trials
    .toSorted((a, b) => Number(a.view.LastModifiedTime) - Number(b.view.LastModifiedTime))
    .flatMap(({ view }) => {
      const value = findObjective(tuning, view);
      return value === undefined ? [] : [turn(tuning.plan.objective.goal, value)];
    });
}

function count(tuning: TuningJob, trials: readonly SeenTrial[]) {
  const summaries = trials.map((seen) => viewTrial(tuning, seen));
  const howMany = (matches: (summary: HyperParameterTrainingJobSummary) => boolean) => summaries.filter(matches).length;
  const failed = (retryable: boolean) =>
    howMany(
      ({ TrainingJobStatus: status, FailureReason: reason = '' }) =>
        status === 'Failed' && reason.startsWith('InternalServerError') === retryable,
    );
  return {
    TrainingJobStatusCounters: {
      Completed: howMany(({ TrainingJobStatus }) => TrainingJobStatus === 'Completed'),
      InProgress: howMany(({ TrainingJobStatus }) => TrainingJobStatus === 'InProgress' || TrainingJobStatus === 'Stopping'),
      RetryableError: failed(true),
      NonRetryableError: failed(false),
      Stopped: howMany(({ TrainingJobStatus }) => TrainingJobStatus === 'Stopped'),
    },
    ObjectiveStatusCounters: {
      Succeeded: howMany(({ ObjectiveStatus }) => ObjectiveStatus === 'Succeeded'),
      Pending: howMany(({ ObjectiveStatus }) => ObjectiveStatus === 'Pending'),
      Failed: howMany(({ ObjectiveStatus }) => ObjectiveStatus === 'Failed'),
    },
  };
}
