import type { Endpoint } from './ports.ts';

/** What an endpoint that is waited for has come to. */
export type EndpointEnd =
  | { readonly kind: 'in-service'; readonly endpoint: Endpoint }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'gone' };

/** Reads lag behind writes: an endpoint that was made a moment ago may not be seen at once. */
const unseenMs = 60_000;

/** Whether a new endpoint serves, cannot, or is still on its way (undefined). */
export function judgeCreation(endpoint: Endpoint | undefined, elapsedMs: number): EndpointEnd | undefined {
  if (!endpoint) return elapsedMs >= unseenMs ? { kind: 'gone' } : undefined;
  switch (endpoint.status) {
    case 'InService':
      return endpoint.pending ? undefined : { kind: 'in-service', endpoint };
    case 'Failed':
    case 'OutOfService':
    case 'UpdateRollbackFailed':
      return { kind: 'failed', reason: endpoint.failureReason ?? `The endpoint is ${endpoint.status}; AWS gives no reason.` };
    case 'Deleting':
      return { kind: 'gone' };
    case 'Creating':
    case 'Updating':
    case 'SystemUpdating':
    case 'RollingBack':
      break;
  }
  return undefined;
}

/** What an update of an endpoint that serves has come to. */
export type UpdateEnd =
  | { readonly kind: 'updated'; readonly endpoint: Endpoint }
  /** It serves, with the configuration from before: the update is lost although the endpoint is InService. */
  | { readonly kind: 'rolled-back'; readonly reason: string }
  | { readonly kind: 'failed'; readonly reason: string };

/** So long an endpoint that was told to update may still look as before. */
const staleMs = 60_000;

/**
 * Whether an update has reached what was asked. InService alone says nothing: an update that AWS took back ends InService, too.
 * @param begun whether the endpoint was seen updating since the call
 */
export function judgeUpdate(
  endpoint: Endpoint | undefined,
  wantedConfig: string,
  begun: boolean,
  elapsedMs: number,
): UpdateEnd | undefined {
  if (!endpoint) return elapsedMs >= staleMs ? { kind: 'failed', reason: 'The endpoint does not exist any more.' } : undefined;
  const reason = endpoint.failureReason;
  switch (endpoint.status) {
    case 'InService':
      if (endpoint.pending) return undefined;
      if (endpoint.configName === wantedConfig) return { kind: 'updated', endpoint };
      if (!begun && elapsedMs < staleMs) return undefined;
      return {
        kind: 'rolled-back',
        reason: reason ?? 'AWS took the update back (an alarm fired, or the new machines did not come up) and gives no reason.',
      };
    case 'Failed':
    case 'OutOfService':
    case 'UpdateRollbackFailed':
    case 'Deleting':
      return { kind: 'failed', reason: reason ?? `The endpoint is ${endpoint.status}; AWS gives no reason.` };
    case 'Creating':
    case 'Updating':
    case 'SystemUpdating':
    case 'RollingBack':
      break;
  }
  return undefined;
}

/** Whether something is under way with it, so that AWS takes no change. */
export function isBusy(endpoint: Endpoint): boolean {
  return endpoint.pending || ['Creating', 'Updating', 'SystemUpdating', 'RollingBack', 'Deleting'].includes(endpoint.status);
}

/** One line for a log: `Creating`, `InService, 2 of 3 machines, an update is pending`. */
export function describeEndpoint(endpoint: Endpoint | undefined): string {
  if (!endpoint) return 'not to be seen yet';
  const { instances, desiredInstances } = endpoint.variant;
  const machines = instances === desiredInstances ? '' : `, ${instances} of ${desiredInstances} machines`;
  return `${endpoint.status}${machines}${endpoint.pending ? ', an update is under way' : ''}`;
}
