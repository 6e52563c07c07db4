import { shapes } from './tables.generated.ts';

export interface Shape {
  readonly vcpus: number;
  /** Absent where nobody has said how many there are. */
  readonly physicalCores?: number;
  readonly memoryGib: number;
  readonly gpus: number;
  readonly gpuName?: string;
}

/** The machine behind an instance type, with or without SageMaker's `ml.`; undefined for a type the table does not have. */
export function findShape(instanceType: string): Shape | undefined {
  const ec2Type = instanceType.replace(/^ml\./, '');
  const row = Object.hasOwn(shapes, ec2Type) ? shapes[ec2Type] : undefined;
  if (!row) return undefined;
  const [vcpus, physicalCores, memoryGib, gpus, gpuName] = row;
  return {
    vcpus,
    ...(physicalCores === null ? {} : { physicalCores }),
    memoryGib,
    gpus,
    ...(gpuName === undefined ? {} : { gpuName }),
  };
}
