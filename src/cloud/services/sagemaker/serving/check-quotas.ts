import { AwsError } from '../../../contract.ts';
import type { Endpoint } from './endpoint.ts';
import type { Fleet, VariantFleet } from './fleet.ts';

/** Instances of a type that may serve at once where no quota is configured: each is a process here, and memory is bounded. */
const defaultQuota = 20;

/** @param added instances that the request adds to a variant. @throws ResourceLimitExceeded in AWS's words */
export function checkQuotas(
  endpoints: readonly Endpoint[],
  quotas: Readonly<Record<string, number>>,
  fleet: Fleet,
  added: (variant: VariantFleet) => number,
): void {
  const running = endpoints.flatMap(({ state }) => [...state.fleet.variants, ...(state.pending?.fleet.variants ?? [])]);
  for (const type of new Set(fleet.variants.map(typeOf))) {
    const used = running.filter((variant) => typeOf(variant) === type).reduce((sum, { desired }) => sum + desired, 0);
    const delta = fleet.variants.filter((variant) => typeOf(variant) === type).reduce((sum, variant) => sum + added(variant), 0);
    const limit = quotas[type] ?? defaultQuota;
    if (delta === 0 || used + delta <= limit) continue;
    throw new AwsError(
      'ResourceLimitExceeded',
      `The account-level service limit '${type} for endpoint usage' is ${limit} Instances, with current utilization of ${used} Instances ` +
        `and a request delta of ${delta} Instances. Please use AWS Service Quotas to request an increase for this quota. ` +
        'If AWS Service Quotas is not available, contact AWS support to request an increase for this quota.',
    );
  }
}

const typeOf = (variant: VariantFleet) => variant.spec.InstanceType ?? '';
