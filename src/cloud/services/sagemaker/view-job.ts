import type { DescribeTrainingJobResponse, TrainingJobSummary } from '@aws-sdk/client-sagemaker';
import type { Job } from './job.ts';

/** What DescribeTrainingJob says of a job now: what was asked, and what became of it. */
export function viewJob({ name, arn, request, owner, created, state }: Job): DescribeTrainingJobResponse {
  const { TrainingJobName: _name, Tags: _tags, ...asked } = request;
  return {
    ...asked,
    TrainingJobName: name,
    TrainingJobArn: arn,
    ...(owner && { TuningJobArn: owner.tuningJobArn }),
    TrainingJobStatus: state.status,
    SecondaryStatus: state.secondaryStatus,
    SecondaryStatusTransitions: state.transitions.map((transition) => ({ ...transition })),
    ModelArtifacts: { S3ModelArtifacts: state.modelUri },
    AlgorithmSpecification: request.AlgorithmSpecification,
    ResourceConfig: request.ResourceConfig,
    StoppingCondition: request.StoppingCondition,
    EnableNetworkIsolation: request.EnableNetworkIsolation ?? false,
    EnableManagedSpotTraining: request.EnableManagedSpotTraining ?? false,
    EnableInterContainerTrafficEncryption: request.EnableInterContainerTrafficEncryption ?? false,
    CreationTime: created,
    LastModifiedTime: state.modified,
    ...(state.failureReason !== undefined && { FailureReason: state.failureReason }),
    ...(state.trainingStarted && { TrainingStartTime: state.trainingStarted }),
    ...(state.trainingEnded && { TrainingEndTime: state.trainingEnded }),
    ...(state.metrics.length > 0 && { FinalMetricDataList: state.metrics }),
    ...viewSeconds(state.trainingStarted, state.trainingEnded),
  };
}

/** Whole seconds, rounded up, of one instance, known at the end. A job that never got its instances has none: nothing was billed. */
function viewSeconds(started: Date | undefined, ended: Date | undefined) {
  if (!started || !ended) return {};
  const seconds = Math.max(1, Math.ceil((ended.getTime() - started.getTime()) / 1000));
  // There is no spot market here, hence no discount to invent: every second counts.
  return { TrainingTimeInSeconds: seconds, BillableTimeInSeconds: seconds };
}

export function summariseJob(view: DescribeTrainingJobResponse): TrainingJobSummary {
  return {
    TrainingJobName: view.TrainingJobName,
    TrainingJobArn: view.TrainingJobArn,
    CreationTime: view.CreationTime,
    TrainingJobStatus: view.TrainingJobStatus,
    SecondaryStatus: view.SecondaryStatus,
    ...(view.TrainingEndTime && { TrainingEndTime: view.TrainingEndTime }),
    ...(view.LastModifiedTime && { LastModifiedTime: view.LastModifiedTime }),
  };
}
