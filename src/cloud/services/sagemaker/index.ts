import type { GetMachinery } from '../../machines/machinery.ts';
import type { Cloud, Room } from '../../contract.ts';
import * as schemas from '../../wire/schemas/sagemaker.generated.ts';
import { createTraining, type SageMakerOptions } from './room.ts';

/** SageMaker's training jobs, executed on this machine. */
export function createSageMaker(cloud: Cloud, machines: GetMachinery, options: SageMakerOptions = {}): Room {
  const { handlers, close } = createTraining(cloud, machines, options);
  return { services: [{ name: 'sagemaker', schemas, handlers }], close };
}
