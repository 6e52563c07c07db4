import { isBusy } from './endpoint-state.ts';
import { getLiveConfigName } from './names.ts';
import type { Endpoint, Tags } from './ports.ts';

/** What there is of a release, before anything is written. */
export interface Situation {
  readonly release: string;
  readonly strategy: 'alias' | 'in-place';
  /** Machines the live endpoint is to have (`in-place`). */
  readonly instances: number;
  /** The version that alias `live` names and the endpoint that version calls. */
  readonly live: { readonly version: string; readonly endpointName: string } | undefined;
  /** The endpoint that `live` calls, in both strategies. */
  readonly liveEndpoint: Endpoint | undefined;
  /** An endpoint of the release's name. */
  readonly endpoint: { readonly state: Endpoint; readonly tags: Tags; readonly ours: boolean } | undefined;
}

export type Decision =
  /** Live is this release and serves: nothing is created. */
  | { readonly kind: 'unchanged'; readonly version: string }
  /** An endpoint of this release exists or is on its way: it becomes the candidate. */
  | { readonly kind: 'adopt'; readonly status: Endpoint['status'] }
  /** `first`: what is in the way and goes first; an endpoint that failed keeps its name for ever. */
  | { readonly kind: 'create'; readonly first: 'nothing' | 'delete-failed' | 'wait-until-gone' }
  | { readonly kind: 'refuse'; readonly message: string; readonly fix: string };

/** What deploying this release needs. Pure. */
export function decideDeployment(seen: Situation): Decision {
  const { endpoint, live } = seen;
  if (endpoint && !endpoint.ours) {
    return {
      kind: 'refuse',
      message: `There is an endpoint ${seen.release} already, and its tags do not say that this repository's model made it. It was left alone.`,
      fix: 'Change `name` in trainyard.yml, or delete that endpoint if nobody needs it.',
    };
  }
  if (live && isLive(seen)) return { kind: 'unchanged', version: live.version };
  if (!endpoint) return { kind: 'create', first: 'nothing' };
  const { status } = endpoint.state;
  if (status === 'Deleting') return { kind: 'create', first: 'wait-until-gone' };
  if (status === 'InService' || isBusy(endpoint.state)) return { kind: 'adopt', status };
  return { kind: 'create', first: 'delete-failed' };
}

/** An endpoint that is being scaled is Updating and serves all the same; one of a stable name may be on its way elsewhere. */
function isLive({ strategy, live, liveEndpoint, release, instances }: Situation): boolean {
  if (!live || !liveEndpoint) return false;
  const { status, pending, configName } = liveEndpoint;
  if (strategy === 'alias') return live.endpointName === release && ['InService', 'Updating', 'SystemUpdating'].includes(status);
  return status === 'InService' && !pending && [release, getLiveConfigName(release, instances)].includes(configName);
}
