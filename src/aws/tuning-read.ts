import type { DescribeHyperParameterTuningJobResponse, HyperParameterTrainingJobSummary } from '@aws-sdk/client-sagemaker';
import { ActionError } from '../action-error.ts';
import type { TrainingJob, TuningJob } from '../training/ports.ts';

/** SageMaker's description of a tuning job in our terms. Absent stays absent. */
export function readTuningJob(answer: DescribeHyperParameterTuningJobResponse): TuningJob {
  const { HyperParameterTuningJobName: name, HyperParameterTuningJobArn: arn, HyperParameterTuningJobStatus: status } = answer;
  const { CreationTime: created, TrainingJobStatusCounters: counters } = answer;
  if (name === undefined || arn === undefined || status === undefined || created === undefined)
    throw incomplete(name ?? 'a tuning job');
  const best = answer.BestTrainingJob?.TrainingJobName;
  return {
    name,
    arn,
    status: status === 'DeleteFailed' ? 'Deleting' : status,
    created,
    counts: {
      completed: counters?.Completed ?? 0,
      inProgress: counters?.InProgress ?? 0,
      failed: (counters?.NonRetryableError ?? 0) + (counters?.RetryableError ?? 0),
      stopped: counters?.Stopped ?? 0,
    },
    ...(answer.FailureReason === undefined ? {} : { failureReason: answer.FailureReason }),
    ...(answer.HyperParameterTuningEndTime === undefined ? {} : { ended: answer.HyperParameterTuningEndTime }),
    ...(best === undefined ? {} : { best }),
  };
}

/** A trial as its search lists it, which is enough until it can be described, and its value of the objective. */
export function readSummary(summary: HyperParameterTrainingJobSummary): { job: TrainingJob; objective?: number } {
  const { TrainingJobName: name, TrainingJobArn: arn, TrainingJobStatus: status, CreationTime: created } = summary;
  if (name === undefined || arn === undefined || status === undefined || created === undefined)
    throw incomplete(name ?? 'a training job of a search');
  const objective = summary.FinalHyperParameterTuningJobObjectiveMetric?.Value;
  const job: TrainingJob = {
    name,
    arn,
    // Its end counts once it is described: only then is it known what it cost.
    status: 'InProgress',
    secondaryStatus: status,
    created,
    transitions: [],
    instanceType: 'unknown',
    instanceCount: 1,
    metrics: [],
  };
  return { job, ...(objective === undefined ? {} : { objective }) };
}

function incomplete(what: string): ActionError {
  return new ActionError({
    kind: 'aws',
    message: `AWS described ${what} without name, ARN, status or time.`,
    fix: 'Re-run this job.',
  });
}
