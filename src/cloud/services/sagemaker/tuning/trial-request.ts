import { createHash } from 'node:crypto';
import type { CreateTrainingJobRequest, HyperParameterTrainingJobDefinition, ResourceConfig } from '@aws-sdk/client-sagemaker';
import type { TuningPlan } from './tuning-job.ts';
import type { Values } from './space.ts';

/** The training job of a trial: all that the definition says, the values that were chosen, and the tags of the search. */
export function createTrialRequest(
  plan: Pick<TuningPlan, 'definition' | 'objective'>,
  trial: { readonly name: string; readonly values: Values; readonly tags: ReadonlyMap<string, string> },
): CreateTrainingJobRequest {
  const {
    DefinitionName: _name,
    TuningObjective: _objective,
    HyperParameterRanges: _ranges,
    StaticHyperParameters: fixed,
    HyperParameterTuningResourceConfig: _choice,
    ...same
  } = plan.definition;
  return {
    ...same,
    TrainingJobName: trial.name,
    ResourceConfig: findResources(plan.definition),
    HyperParameters: { ...fixed, ...trial.values, _tuning_objective_metric: plan.objective.metric },
    Tags: [...trial.tags].map(([Key, Value]) => ({ Key, Value })),
  };
}

/** Of several instance configurations the first, which has the highest priority: this machine has room for any. */
function findResources(definition: HyperParameterTrainingJobDefinition): ResourceConfig | undefined {
  const { HyperParameterTuningResourceConfig: choice, ResourceConfig: only } = definition;
  if (!choice) return only;
  const { InstanceConfigs: configs, AllocationStrategy: _strategy, ...plain } = choice;
  const { VolumeSizeInGB, ...chosen } = { ...plain, ...configs?.[0] };
  return { ...chosen, VolumeSizeInGB };
}

/** `<tuning>-007-1a2b3c4d`. The last part is drawn from the identity of the search, so that one of the same name later has other trials. */
export function nameTrial(
  tuning: { readonly name: string; readonly arn: string; readonly created: Date },
  number: number,
): string {
  const hash = createHash('sha256').update(`${tuning.arn} ${tuning.created.toISOString()} ${number}`).digest('hex');
  return `${tuning.name}-${String(number).padStart(3, '0')}-${hash.slice(0, 8)}`;
}
