import type { CreateHyperParameterTuningJobRequest } from '@aws-sdk/client-sagemaker';
import type { Observation } from './parzen.ts';
import { refuse } from './refuse.ts';
import { lossOf } from './results.ts';
import { findPoint, type Space } from './space.ts';
import { isTuningOver, stateOf, type TuningJob, type TuningPlan } from './tuning-job.ts';

type Learner = Pick<TuningPlan, 'definition' | 'space' | 'objective'>;

/** The searches a new one starts from, as the service accepts them. @param get throws when there is none of a name */
export function findParents(
  { WarmStartConfig: config }: CreateHyperParameterTuningJobRequest,
  learner: Learner,
  get: (name: string) => TuningJob,
): TuningJob[] {
  const names = (config?.ParentHyperParameterTuningJobs ?? []).map((parent) => parent.HyperParameterTuningJobName ?? '');
  if (new Set(names).size < names.length) refuse('The parent tuning jobs of a warm start are not unique.');
  const parents = names.map(get);
  for (const parent of parents) {
    checkParent(parent, learner);
    if (config?.WarmStartType === 'IdenticalDataAndAlgorithm') checkIdentical(parent, learner);
  }
  return parents;
}

function checkParent(parent: TuningJob, { definition, space, objective }: Learner): void {
  const { name, plan } = parent;
  if (!isTuningOver(parent))
    refuse(`The parent tuning job ${name} is in status ${stateOf(parent).status}. It must be Completed, Failed or Stopped.`);
  if (plan.objective.metric !== objective.metric || plan.objective.goal !== objective.goal)
    refuse(
      `The objective of the parent tuning job ${name}, ${plan.objective.goal} ${plan.objective.metric}, must be that of the new one, ${objective.goal} ${objective.metric}.`,
    );
  const own = countHyperparameters(definition, space);
  const theirs = countHyperparameters(plan.definition, plan.space);
  if (own !== theirs)
    refuse(
      `The number of static and tunable hyperparameters must be that of the parent tuning job ${name}: ${theirs}, not ${own}.`,
    );
}

function checkIdentical({ name, plan }: TuningJob, { definition }: Learner): void {
  const [theirs, own] = [plan.definition, definition].map(({ AlgorithmSpecification, InputDataConfig }) => ({
    TrainingImage: AlgorithmSpecification?.TrainingImage,
    InputDataConfig: JSON.stringify(InputDataConfig),
  }));
  for (const field of ['TrainingImage', 'InputDataConfig'] as const) {
    if (theirs?.[field] !== own?.[field])
      refuse(
        `A warm start of the type IdenticalDataAndAlgorithm needs the ${field} of the parent tuning job ${name}. Use TransferLearning when it has changed.`,
      );
  }
}

const countHyperparameters = ({ StaticHyperParameters: fixed = {} }: TuningPlan['definition'], space: Space) =>
  Object.keys(fixed).length + space.length;

/** What the parents found, where it lies in the space of the new search; what was static there may be tuned here. */
export function gatherKnown(parents: readonly TuningJob[], space: Space): Observation[] {
  return parents.flatMap((parent) =>
    parent.trials.flatMap((trial) => {
      const point = findPoint(space, { ...parent.plan.definition.StaticHyperParameters, ...trial.values });
      const loss = lossOf(parent, trial);
      return point && loss !== undefined ? [{ point, loss }] : [];
    }),
  );
}
