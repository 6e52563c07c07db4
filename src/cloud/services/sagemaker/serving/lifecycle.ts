import type { DeploymentConfig } from '@aws-sdk/client-sagemaker';
import type { Cloud } from '../../../contract.ts';
import { countOf, type RolloutPlan } from './deployment-config.ts';
import { changeEndpoint, type Endpoint } from './endpoint.ts';
import type { EndpointConfig } from './endpoint-config.ts';
import { countDesired, endFleet, startFleet, type Fleet, type VariantFleet } from './fleet.ts';
import { rollOut, RolloutFailure } from './rollout.ts';
import type { ResourceTable } from './table.ts';

export interface LifecycleDeps {
  readonly cloud: Cloud;
  readonly configs: ResourceTable<EndpointConfig>;
  readonly endpoints: ResourceTable<Endpoint>;
  readonly minuteSeconds: number;
}

/** Creating → InService, or Failed with the reason. Nothing of a failed endpoint runs on. */
export async function bringUp(endpoint: Endpoint, { cloud }: LifecycleDeps): Promise<void> {
  const { fleet } = endpoint.state;
  await cloud.clock.sleep(cloud.weather.endpointStatusMs.Creating, endpoint.closing.signal);
  const started = endpoint.closing.signal.aborted
    ? ({ outcome: 'failed', reason: 'The local cloud is closing.' } as const)
    : await startFleet(fleet, (variant) => variant.spec.InitialInstanceCount ?? 1);
  if (started.outcome === 'ready') {
    endpoint.router.traffic = [{ fleet, share: 1 }];
    return changeEndpoint(endpoint, cloud.clock, { status: 'InService' });
  }
  await killFleet(fleet);
  changeEndpoint(endpoint, cloud.clock, { status: 'Failed', failureReason: started.reason });
}

/** Deleting → gone. */
export async function takeDown(endpoint: Endpoint, { cloud, endpoints }: LifecycleDeps): Promise<void> {
  endpoint.router.traffic = [];
  await cloud.clock.sleep(cloud.weather.endpointStatusMs.Deleting, endpoint.closing.signal);
  await endFleet(endpoint.state.fleet);
  endpoints.remove(endpoint);
}

export interface DeployRequest {
  readonly to: Fleet;
  readonly plan: RolloutPlan;
  readonly deploymentConfig: DeploymentConfig | undefined;
  readonly countFor: (variant: VariantFleet) => number;
}

/** Updating → InService on the new configuration; or RollingBack → InService on the old one, with the reason. */
export async function deploy(endpoint: Endpoint, request: DeployRequest, deps: LifecycleDeps): Promise<void> {
  const { cloud, configs } = deps;
  const { clock } = cloud;
  const { to, plan, deploymentConfig } = request;
  const from = endpoint.state.fleet;
  const before = new Map(from.variants.map((variant) => [variant, variant.desired]));
  const toMs = (awsSeconds: number) => (awsSeconds * 1000 * deps.minuteSeconds) / 60;
  const started = clock.now();
  await clock.sleep(cloud.weather.endpointStatusMs.Updating, endpoint.closing.signal);
  try {
    await rollOut({
      ...request,
      from,
      router: endpoint.router,
      clock,
      alarms: cloud.alarms,
      closing: endpoint.closing.signal,
      toMs,
      deadlineMs: started.getTime() + toMs(plan.maxSeconds),
      onPhase: (variantStatus) => changeEndpoint(endpoint, clock, { pending: { fleet: to, started, variantStatus } }),
    });
    // AWS still needs the configuration it comes from, and fails when somebody deleted it meanwhile.
    if (configs.find(from.config.name) !== from.config)
      throw new RolloutFailure(`ValidationException: Could not find endpoint configuration "${from.config.arn}".`);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    changeEndpoint(endpoint, clock, { status: 'RollingBack' });
    const back = await rollBack(endpoint, request, from, before);
    return changeEndpoint(endpoint, clock, {
      status: back === undefined ? 'InService' : 'UpdateRollbackFailed',
      failureReason: back === undefined ? reason : `${reason} The rollback failed too: ${back}`,
      pending: undefined,
    });
  }
  await endFleet(from);
  const lastDeployment = deploymentConfig;
  changeEndpoint(endpoint, clock, {
    status: 'InService',
    fleet: to,
    failureReason: undefined,
    pending: undefined,
    lastDeployment,
  });
}

/** Back to what was; the new fleet serves until the old one is whole again. @returns why it cannot be */
async function rollBack(
  endpoint: Endpoint,
  { to, plan }: DeployRequest,
  from: Fleet,
  before: ReadonlyMap<VariantFleet, number>,
): Promise<string | undefined> {
  const total = [...before.values()].reduce((sum, count) => sum + count, 0);
  const batch = plan.rollbackSize ? countOf(plan.rollbackSize, total) : total;
  while (!endpoint.closing.signal.aborted && countDesired(from) < total) {
    const goal = Math.min(total, countDesired(from) + batch) / total;
    const started = await startFleet(from, (variant) => Math.ceil((before.get(variant) ?? 0) * goal));
    if (started.outcome === 'failed') return started.reason;
  }
  endpoint.router.traffic = [{ fleet: from, share: 1 }];
  await endFleet(to);
  return undefined;
}

/** Instances and weights of single variants: Updating → InService; what cannot be had is not wanted any longer. */
export async function changeCapacities(
  endpoint: Endpoint,
  changes: readonly { readonly variant: VariantFleet; readonly count: number; readonly weight: number }[],
  { cloud }: LifecycleDeps,
): Promise<void> {
  await cloud.clock.sleep(cloud.weather.endpointStatusMs.Updating, endpoint.closing.signal);
  let failureReason: string | undefined;
  for (const { variant, count, weight } of changes) {
    if (endpoint.closing.signal.aborted) return;
    const before = variant.desired;
    variant.weight = weight;
    if (count < before) await variant.scaleIn(count);
    else if (count > before) {
      const started = await variant.scaleOut(count);
      if (started.outcome === 'ready') continue;
      failureReason = started.reason;
      await variant.scaleIn(before);
    }
  }
  changeEndpoint(endpoint, cloud.clock, { status: 'InService', failureReason });
}

export async function killFleet(fleet: Fleet): Promise<void> {
  await Promise.all(fleet.variants.map((variant) => variant.kill()));
}
