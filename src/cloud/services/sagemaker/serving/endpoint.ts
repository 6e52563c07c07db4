import type { DeploymentConfig, DescribeEndpointOutput, EndpointStatus, VariantStatus } from '@aws-sdk/client-sagemaker';
import type { Clock } from '../../../../time/clock.ts';
import type { Fleet } from './fleet.ts';
import { createRouter, type Router } from './router.ts';
import type { Resource } from './table.ts';
import { viewEndpoint } from './view-endpoint.ts';

/** An endpoint as the cloud keeps it. Only `changeEndpoint` changes its state. */
export interface Endpoint extends Resource {
  readonly router: Router;
  readonly state: EndpointState;
  /** What could be seen of it, and since when; the last is the present. */
  readonly history: { readonly atMs: number; readonly view: DescribeEndpointOutput }[];
  /** Aborted when the cloud closes: whatever is waited for is not waited for any longer. */
  readonly closing: AbortController;
}

export interface EndpointState {
  status: EndpointStatus;
  /** The one it serves, or tries to with its first fleet. */
  fleet: Fleet;
  modified: Date;
  failureReason: string | undefined;
  pending: PendingDeployment | undefined;
  lastDeployment: DeploymentConfig | undefined;
}

export interface PendingDeployment {
  readonly fleet: Fleet;
  readonly started: Date;
  readonly variantStatus: VariantStatus;
}

const mostHistory = 100;

export function createEndpoint(resource: Resource, fleet: Fleet, clock: Clock): Endpoint {
  const endpoint: Endpoint = {
    ...resource,
    router: createRouter(),
    state: {
      status: 'Creating',
      fleet,
      modified: resource.created,
      failureReason: undefined,
      pending: undefined,
      lastDeployment: undefined,
    },
    history: [],
    closing: new AbortController(),
  };
  noteEndpoint(endpoint, clock);
  return endpoint;
}

export function changeEndpoint(endpoint: Endpoint, clock: Clock, change: Partial<EndpointState>): void {
  Object.assign(endpoint.state, change, { modified: clock.now() });
  noteEndpoint(endpoint, clock);
}

/** Remembers what can be seen from now on; also when an instance has come or gone. */
export function noteEndpoint(endpoint: Endpoint, clock: Clock): void {
  endpoint.history.push({ atMs: clock.now().getTime(), view: viewEndpoint(endpoint) });
  if (endpoint.history.length > mostHistory) endpoint.history.shift();
}

/** What a read shows: under some weather, the endpoint as it was a little while ago. */
export function lookAtEndpoint({ history }: Endpoint, clock: Clock, lagMs: number): DescribeEndpointOutput {
  const then = clock.now().getTime() - lagMs;
  const seen = history.findLast(({ atMs }) => atMs <= then) ?? history[0];
  if (!seen) throw new Error('An endpoint without a state.');
  return seen.view;
}
