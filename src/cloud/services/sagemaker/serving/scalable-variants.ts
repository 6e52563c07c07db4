import type { EndpointStatus, UpdateEndpointWeightsAndCapacitiesInput } from '@aws-sdk/client-sagemaker';
import type { Endpoint } from './endpoint.ts';
import type { ResourceTable } from './table.ts';

/** A variant as Application Auto Scaling sees it. */
export interface ScalableVariant {
  readonly status: EndpointStatus;
  readonly instanceType: string;
  readonly desired: number;
  /** Instances that answer. */
  readonly current: number;
}

export interface ScalableVariants {
  find(endpoint: string, variant: string): ScalableVariant | undefined;
  /** As a call of UpdateEndpointWeightsAndCapacities does it. @throws AwsError */
  setDesired(endpoint: string, variant: string, count: number): void;
}

export function createScalableVariants(
  endpoints: ResourceTable<Endpoint>,
  update: (input: UpdateEndpointWeightsAndCapacitiesInput) => unknown,
): ScalableVariants {
  return {
    find: (endpointName, variantName) => {
      const endpoint = endpoints.find(endpointName);
      const variant = endpoint?.state.fleet.variants.find(({ name }) => name === variantName);
      if (!endpoint || !variant) return undefined;
      return {
        status: endpoint.state.status,
        instanceType: variant.spec.InstanceType ?? '',
        desired: variant.desired,
        current: variant.ready.length,
      };
    },
    setDesired: (endpoint, variant, count) => {
      update({ EndpointName: endpoint, DesiredWeightsAndCapacities: [{ VariantName: variant, DesiredInstanceCount: count }] });
    },
  };
}
