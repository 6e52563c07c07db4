import type { RunRecord } from '../records/record.ts';

/** What an instance type has; undefined members are not known. */
export interface Shape {
  readonly vcpus: number;
  readonly physicalCores: number;
  readonly memoryGib: number;
  readonly gpus: number;
}

/** The record's machine: what the job has, as far as the tables know the type. */
export function getMachine(instanceType: string, instanceCount: number, shape: Shape | undefined): RunRecord['machine'] {
  if (!shape) return { instanceType, instanceCount };
  const { vcpus, physicalCores, memoryGib, gpus } = shape;
  return { instanceType, instanceCount, vcpus, physicalCores, memoryGib, gpus };
}
