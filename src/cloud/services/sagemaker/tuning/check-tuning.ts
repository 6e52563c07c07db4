import type { CreateHyperParameterTuningJobRequest, CreateTrainingJobRequest } from '@aws-sdk/client-sagemaker';
import { AwsError } from '../../../contract.ts';
import { writeValues } from './space.ts';
import type { TuningTable } from './table.ts';
import { createTrialRequest } from './trial-request.ts';
import type { TuningPlan } from './tuning-job.ts';

/** What AWS refuses of a plan at once: a name in use, and whatever its trials would be refused for, all parallel ones together. */
export function checkTuning(
  request: CreateHyperParameterTuningJobRequest,
  plan: TuningPlan,
  tunings: TuningTable,
  checkTrial: (request: CreateTrainingJobRequest) => void,
): void {
  const name = request.HyperParameterTuningJobName ?? '';
  if (tunings.find(name))
    throw new AwsError(
      'ResourceInUse',
      `A hyperparameter tuning job with the name, ${name}, already exists. Choose a different name.`,
    );
  const values = writeValues(
    plan.space,
    plan.space.map(() => 0),
  );
  // No training job can have this name: it is too long. The check is of all the rest.
  const trial = createTrialRequest(plan, { name: '-'.repeat(64), values, tags: new Map() });
  const { InstanceCount: count = 1, ...resources } = trial.ResourceConfig ?? { VolumeSizeInGB: undefined };
  checkTrial({ ...trial, ResourceConfig: { ...resources, InstanceCount: count * plan.maxParallel } });
}
