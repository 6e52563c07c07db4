import { findShape } from '../prices/shape.ts';
import type { RunRecord } from '../records/record.ts';

/** The record's machine: what the job has, as far as the tables know its type. */
export function getMachine(instanceType: string, instanceCount: number): RunRecord['machine'] {
  const shape = findShape(instanceType);
  if (!shape) return { instanceType, instanceCount };
  const { vcpus, physicalCores, memoryGib, gpus } = shape;
  return { instanceType, instanceCount, vcpus, memoryGib, gpus, ...(physicalCores === undefined ? {} : { physicalCores }) };
}
