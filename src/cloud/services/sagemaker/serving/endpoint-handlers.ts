import type * as sagemaker from '@aws-sdk/client-sagemaker';
import { AwsError } from '../../../contract.ts';
import { checkQuotas } from './check-quotas.ts';
import { readPlan } from './deployment-config.ts';
import { changeEndpoint, createEndpoint, lookAtEndpoint, type Endpoint } from './endpoint.ts';
import type { EndpointConfig } from './endpoint-config.ts';
import { createVariantFleet, type Fleet, type StartInstance, type VariantFleet } from './fleet.ts';
import { bringUp, changeCapacities, deploy, takeDown, type LifecycleDeps } from './lifecycle.ts';
import { listPage } from '../list-page.ts';
import type { Model } from './model.ts';
import { readTags, type ResourceTable } from './table.ts';

/** What the registry of scalable targets tells of an endpoint. */
export interface ScaledVariants {
  /** Variants that are registered with Application Auto Scaling. */
  variantsOf(endpointName: string): readonly string[];
  /** The endpoint is being deleted. */
  forget(endpointName: string): void;
}

export interface EndpointDeps extends LifecycleDeps {
  readonly models: ResourceTable<Model>;
  readonly quotas: Readonly<Record<string, number>>;
  readonly scaled: ScaledVariants;
  readonly startInstanceOf: (endpoint: () => Endpoint) => StartInstance;
  /** Goes on with work on an endpoint that nobody waits for. */
  readonly goOn: (endpoint: Endpoint, work: Promise<void>) => void;
}

/** SageMaker's endpoints, by operation. */
export function createEndpointHandlers(deps: EndpointDeps) {
  const { cloud, configs, models, endpoints } = deps;
  const { clock } = cloud;

  const createFleet = (config: EndpointConfig, endpoint: () => Endpoint): Fleet => {
    const start = deps.startInstanceOf(endpoint);
    const variants = config.request.ProductionVariants ?? [];
    return { config, variants: variants.map((spec) => createVariantFleet(spec, models.get(spec.ModelName ?? ''), start)) };
  };

  const createOne = (input: sagemaker.CreateEndpointInput): sagemaker.CreateEndpointOutput => {
    const name = input.EndpointName ?? '';
    endpoints.refuseTaken(name);
    // AWS says so itself: the configuration is read as it was a little while ago, and a caller has to try again.
    const config = configs.look(input.EndpointConfigName ?? '');
    if (input.DeploymentConfig) readPlan(input.DeploymentConfig, cloud.alarms);
    const fleet = createFleet(config, () => endpoint);
    checkQuotas(endpoints.all(), deps.quotas, fleet, initialCount);
    const resource = { name, arn: endpoints.arnOf(name), created: clock.now(), tags: readTags(input.Tags) };
    const endpoint = createEndpoint(resource, fleet, clock);
    endpoints.add(endpoint);
    deps.goOn(endpoint, bringUp(endpoint, deps));
    return { EndpointArn: endpoint.arn };
  };

  const update = (input: sagemaker.UpdateEndpointInput): sagemaker.UpdateEndpointOutput => {
    const endpoint = endpoints.get(input.EndpointName ?? '');
    refuseBusy(endpoint);
    const config = configs.get(input.EndpointConfigName ?? '');
    const asked = input.DeploymentConfig ?? (input.RetainDeploymentConfig ? endpoint.state.lastDeployment : undefined);
    const plan = readPlan(asked, cloud.alarms);
    const to = createFleet(config, () => endpoint);
    refuseScaled(endpoint, to, deps.scaled);
    const countFor = retainProperties(endpoint.state.fleet, to, input);
    checkQuotas(endpoints.all(), deps.quotas, to, countFor);
    changeEndpoint(endpoint, clock, {
      status: 'Updating',
      pending: { fleet: to, started: clock.now(), variantStatus: 'Creating' },
    });
    deps.goOn(endpoint, deploy(endpoint, { to, plan, deploymentConfig: asked, countFor }, deps));
    return { EndpointArn: endpoint.arn };
  };

  const setCapacities = (
    input: sagemaker.UpdateEndpointWeightsAndCapacitiesInput,
  ): sagemaker.UpdateEndpointWeightsAndCapacitiesOutput => {
    const endpoint = endpoints.get(input.EndpointName ?? '');
    refuseBusy(endpoint);
    const { fleet } = endpoint.state;
    const asked = input.DesiredWeightsAndCapacities ?? [];
    const missing = asked.filter(({ VariantName: name }) => !fleet.variants.some((variant) => variant.name === name));
    if (missing.length > 0) {
      const names = missing.map(({ VariantName: name }) => name).join(', ');
      throw new AwsError(
        'ValidationException',
        `The variant name(s) "${names}" is/are not present within endpoint configuration "${fleet.config.name}".`,
      );
    }
    const changes = fleet.variants.flatMap((variant) => {
      const change = asked.find(({ VariantName: name }) => name === variant.name);
      const count = change?.DesiredInstanceCount ?? variant.desired;
      return change ? [{ variant, count, weight: change.DesiredWeight ?? variant.weight }] : [];
    });
    checkQuotas(endpoints.all(), deps.quotas, fleet, (variant) => {
      const change = changes.find((each) => each.variant === variant);
      return Math.max(0, (change?.count ?? 0) - (change ? variant.desired : 0));
    });
    changeEndpoint(endpoint, clock, { status: 'Updating' });
    deps.goOn(endpoint, changeCapacities(endpoint, changes, deps));
    return { EndpointArn: endpoint.arn };
  };

  return {
    CreateEndpoint: createOne,
    UpdateEndpoint: update,
    UpdateEndpointWeightsAndCapacities: setCapacities,
    DescribeEndpoint: (input: sagemaker.DescribeEndpointInput) =>
      lookAtEndpoint(endpoints.look(input.EndpointName ?? ''), clock, cloud.weather.readLagMs),
    DeleteEndpoint: (input: sagemaker.DeleteEndpointInput) => {
      const endpoint = endpoints.get(input.EndpointName ?? '');
      refuseInProgress(endpoint);
      deps.scaled.forget(endpoint.name);
      changeEndpoint(endpoint, clock, { status: 'Deleting' });
      deps.goOn(endpoint, takeDown(endpoint, deps));
      return {};
    },
    ListEndpoints: (input: sagemaker.ListEndpointsInput): sagemaker.ListEndpointsOutput => {
      const seen = endpoints.visible().map((endpoint) => summarise(lookAtEndpoint(endpoint, clock, cloud.weather.readLagMs)));
      const { items, ...more } = listPage(
        seen.filter(({ status }) => input.StatusEquals === undefined || status === input.StatusEquals),
        input,
      );
      return { ...more, Endpoints: items.map(({ summary }) => summary) };
    },
  };
}

const initialCount = (variant: VariantFleet) => variant.spec.InitialInstanceCount ?? 1;

function summarise(view: sagemaker.DescribeEndpointOutput) {
  const { EndpointName, EndpointArn, CreationTime, LastModifiedTime, EndpointStatus } = view;
  const created = CreationTime ?? new Date(0);
  return {
    name: EndpointName ?? '',
    created,
    modified: LastModifiedTime ?? created,
    status: EndpointStatus ?? '',
    summary: { EndpointName, EndpointArn, CreationTime, LastModifiedTime, EndpointStatus },
  };
}

function refuseInProgress({ arn, state }: Endpoint): void {
  if (['InService', 'Failed', 'OutOfService', 'UpdateRollbackFailed'].includes(state.status)) return;
  throw new AwsError('ValidationException', `Cannot update in-progress endpoint "${arn}".`);
}

function refuseBusy(endpoint: Endpoint): void {
  refuseInProgress(endpoint);
  if (endpoint.state.status === 'Failed')
    throw new AwsError('ValidationException', `Cannot update failed endpoint "${endpoint.arn}"; it can only be deleted.`);
}

/** Scaling would go on with a variant that is gone, or of another type. */
function refuseScaled({ name, state }: Endpoint, to: Fleet, scaled: ScaledVariants): void {
  const lost = scaled.variantsOf(name).filter((variantName) => {
    const find = (fleet: Fleet) => fleet.variants.find((variant) => variant.name === variantName)?.spec.InstanceType;
    return find(to) === undefined || find(to) !== find(state.fleet);
  });
  if (lost.length === 0) return;
  throw new AwsError(
    'ValidationException',
    `The variant(s) "${JSON.stringify(lost)}" must be deregistered as scalable targets with AWS Auto Scaling before they can be removed or have their instance type updated.`,
  );
}

/** Counts of the new fleet, and its weights: those of the configuration, or what the variants of the same name have now. */
function retainProperties(from: Fleet, to: Fleet, input: sagemaker.UpdateEndpointInput): (variant: VariantFleet) => number {
  const excluded = new Set((input.ExcludeRetainedVariantProperties ?? []).map(({ VariantPropertyType: type }) => type));
  const keeps = (type: sagemaker.VariantPropertyType) => input.RetainAllVariantProperties === true && !excluded.has(type);
  const find = (variant: VariantFleet) => from.variants.find((old) => old.name === variant.name);
  if (keeps('DesiredWeight')) for (const variant of to.variants) variant.weight = find(variant)?.weight ?? variant.weight;
  const counts = new Map(
    to.variants.map((variant) => [
      variant,
      (keeps('DesiredInstanceCount') ? find(variant)?.desired : undefined) ?? initialCount(variant),
    ]),
  );
  return (variant) => counts.get(variant) ?? 1;
}
