import type { Endpoint } from '../../../src/serving/ports.ts';
import type { Target } from '../../../src/serving/promotion-plan.ts';

export const now = new Date('2026-11-22T12:00:00Z');

export function endpointOf(more: Partial<Endpoint> = {}): Endpoint {
  return {
    name: 'dogs-0a1b2c3d4e',
    arn: 'arn:aws:sagemaker:us-east-1:1:endpoint/dogs-0a1b2c3d4e',
    status: 'InService',
    configName: 'dogs-0a1b2c3d4e',
    pending: false,
    created: now,
    variant: { name: 'all', instances: 1, desiredInstances: 1 },
    ...more,
  };
}

export function targetOf(version: string, more: Partial<Target> = {}): Target {
  const endpointName = more.endpointName ?? `dogs-${version}`;
  return {
    version,
    revision: `r${version}`,
    weighted: false,
    description: '',
    endpointName,
    endpoint: endpointOf({ name: endpointName, configName: endpointName }),
    expiresAt: undefined,
    ...more,
  };
}
