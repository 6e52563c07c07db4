import type * as ec2 from '@aws-sdk/client-ec2';
import { findShape, type Shape } from '../../../prices/shape.ts';
import { shapes } from '../../../prices/tables.generated.ts';
import type { QuotaName } from './options.ts';

/** Whether the table has a type; the SDK's own list is of all types of its day. */
export const isType = (type: string): type is ec2._InstanceType => Object.hasOwn(shapes, type);

/** All types the table has, with the machine behind each. */
export const listTypes = (): [type: ec2._InstanceType, shape: Shape][] =>
  Object.keys(shapes).flatMap((type): [ec2._InstanceType, Shape][] => {
    const shape = findShape(type);
    return shape && isType(type) ? [[type, shape]] : [];
  });

/** The vCPU quota that counts a type: by its family, one for each market. */
export function quotaOf(instanceType: string, market: 'spot' | 'on-demand'): QuotaName {
  const family = /^[a-z]+/.exec(instanceType)?.[0] ?? '';
  const name = family === 'p' ? 'p' : family === 'g' || family === 'gr' || family === 'vt' ? 'g' : 'standard';
  return market === 'spot' ? `spot-${name}` : name;
}

export function viewType(type: ec2._InstanceType, shape: Shape): ec2.InstanceTypeInfo {
  const { vcpus, physicalCores, memoryGib, gpus, gpuName } = shape;
  return {
    InstanceType: type,
    CurrentGeneration: !type.startsWith('p3.'),
    SupportedUsageClasses: ['on-demand', 'spot'],
    SupportedRootDeviceTypes: ['ebs'],
    SupportedVirtualizationTypes: ['hvm'],
    BareMetal: false,
    Hypervisor: type.startsWith('p3.') ? 'xen' : 'nitro',
    ProcessorInfo: { SupportedArchitectures: ['x86_64'] },
    VCpuInfo: {
      DefaultVCpus: vcpus,
      ...(physicalCores !== undefined && { DefaultCores: physicalCores, DefaultThreadsPerCore: vcpus / physicalCores }),
    },
    MemoryInfo: { SizeInMiB: Math.round(memoryGib * 1024) },
    ...(gpus > 0 && {
      GpuInfo: { Gpus: [{ Count: gpus, Manufacturer: 'NVIDIA', ...(gpuName !== undefined && { Name: gpuName }) }] },
    }),
  };
}
