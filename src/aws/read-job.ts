import type { DescribeTrainingJobResponse } from '@aws-sdk/client-sagemaker';
import { ActionError } from '../action-error.ts';
import type { TrainingJob } from '../training/ports.ts';

/** SageMaker's description of a training job in our terms. Absent stays absent. */
export function readJob(answer: DescribeTrainingJobResponse): TrainingJob {
  const { TrainingJobName: name, TrainingJobArn: arn, TrainingJobStatus: status, CreationTime: created } = answer;
  if (name === undefined || arn === undefined || status === undefined || created === undefined) {
    throw new ActionError({
      kind: 'aws',
      message: `AWS described ${name ?? 'a training job'} without name, ARN, status or time.`,
      fix: 'Re-run this job.',
    });
  }
  return {
    name,
    arn,
    status,
    secondaryStatus: answer.SecondaryStatus ?? 'unknown',
    created,
    transitions: readTransitions(answer),
    instanceType: answer.ResourceConfig?.InstanceType ?? 'unknown',
    instanceCount: answer.ResourceConfig?.InstanceCount ?? 1,
    metrics: readMetrics(answer),
    ...present({
      failureReason: answer.FailureReason,
      trainingStarted: answer.TrainingStartTime,
      trainingEnded: answer.TrainingEndTime,
      trainingSeconds: answer.TrainingTimeInSeconds,
      billableSeconds: answer.BillableTimeInSeconds,
      warmPoolSeconds: answer.WarmPoolStatus?.ResourceRetainedBillableTimeInSeconds,
      model: answer.ModelArtifacts?.S3ModelArtifacts,
    }),
  };
}

type Present<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** The members that have a value: the record tells an absent time from one that is undefined. */
function present<T extends object>(members: T): Present<T>;
function present(members: object): object {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

function readTransitions(answer: DescribeTrainingJobResponse): TrainingJob['transitions'] {
  return (answer.SecondaryStatusTransitions ?? []).flatMap(({ Status, StartTime, EndTime, StatusMessage }) =>
    Status === undefined || StartTime === undefined
      ? []
      : [{ status: Status, start: StartTime, ...present({ end: EndTime, message: StatusMessage }) }],
  );
}

function readMetrics(answer: DescribeTrainingJobResponse): TrainingJob['metrics'] {
  return (answer.FinalMetricDataList ?? []).flatMap(({ MetricName, Value, Timestamp }) =>
    MetricName === undefined || Value === undefined ? [] : [{ name: MetricName, value: Value, ...present({ at: Timestamp }) }],
  );
}
