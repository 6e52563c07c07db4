import type { CorePool } from '../../machines/cores.ts';
import type { GetMachinery } from '../../machines/machinery.ts';
import type { Cloud, Room } from '../../contract.ts';
import * as schemas from '../../wire/schemas/sagemaker.generated.ts';
import * as runtimeSchemas from '../../wire/schemas/sagemaker-runtime.generated.ts';
import { createScaling } from '../application-auto-scaling/index.ts';
import { createTargets } from '../application-auto-scaling/targets.ts';
import { createTraining, type TrainingOptions } from './room.ts';
import { defaultMinuteSeconds, type ServingOptions } from './serving/options.ts';
import { createServing } from './serving/serving-room.ts';
import { createTagHandlers } from './tags.ts';
import { createTuning } from './tuning/room.ts';

export interface SageMakerOptions extends TrainingOptions {
  readonly serving?: ServingOptions;
}

/** SageMaker: training jobs, tuning jobs and endpoints, executed on this machine, with the runtime and the scaling of endpoints. */
export function createSageMaker(cloud: Cloud, machines: GetMachinery, options: SageMakerOptions = {}, pool?: CorePool): Room {
  const { serving: servingOptions = {}, ...trainingOptions } = options;
  const training = createTraining(cloud, machines, trainingOptions, pool);
  const tuning = createTuning(cloud, training);
  const targets = createTargets(({ policies }) => {
    for (const { highAlarm, lowAlarm } of policies.values()) [highAlarm, lowAlarm].forEach(cloud.alarms.remove);
  });
  const serving = createServing(cloud, machines, targets, servingOptions);
  const { minuteSeconds = defaultMinuteSeconds } = servingOptions;
  const scaling = createScaling({ cloud, targets, variants: serving.scalable, minuteSeconds });
  const tags = createTagHandlers((arn) => training.findTags(arn) ?? tuning.findTags(arn) ?? serving.findTags(arn));
  return {
    services: [
      { name: 'sagemaker', schemas, handlers: { ...training.handlers, ...tuning.handlers, ...serving.handlers, ...tags } },
      { name: 'sagemaker-runtime', schemas: runtimeSchemas, handlers: serving.runtimeHandlers },
      ...scaling.services,
    ],
    close: async () => {
      await scaling.close();
      await Promise.all([tuning.close(), training.close(), serving.close()]);
    },
  };
}
