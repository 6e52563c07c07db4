import { makeId } from './ids.ts';

/** A one-time spot request: it lives as long as its instance. */
export interface SpotRequest {
  readonly id: string;
  readonly maxPrice: string;
  readonly created: Date;
  readonly tags: Map<string, string>;
  state: 'active' | 'closed' | 'cancelled';
  status: { code: string; message: string; at: Date };
  /** Its instance got its notice. */
  readonly mark: (now: Date) => void;
  /** Its instance is gone. @param code of the reason */
  readonly close: (code: string | undefined, now: Date) => void;
  readonly cancel: (now: Date) => void;
}

export function createSpotRequest(maxPrice: string, tags: Map<string, string>, created: Date): SpotRequest {
  const request: SpotRequest = {
    id: makeId('sir')
      .replace('sir-0', 'sir-')
      .slice(0, 'sir-'.length + 8),
    maxPrice,
    created,
    tags,
    state: 'active',
    status: { code: 'fulfilled', message: 'Your Spot request is fulfilled.', at: created },
    mark: (at) => {
      request.status = { code: 'marked-for-termination', message: 'Your Spot Instance is marked for termination.', at };
    },
    close: (code, at) => {
      if (request.state === 'active') request.state = 'closed';
      const byService = code === 'Server.SpotInstanceTermination';
      request.status = byService
        ? {
            code: 'instance-terminated-no-capacity',
            message: 'Your Spot Instance was terminated because there is no Spot capacity available.',
            at,
          }
        : { code: 'instance-terminated-by-user', message: 'Your Spot Instance was terminated.', at };
    },
    cancel: (at) => {
      if (request.state !== 'active') return;
      request.state = 'cancelled';
      const message = 'Your Spot request is canceled, but your instance is still running.';
      request.status = { code: 'request-canceled-and-instance-running', message, at };
    },
  };
  return request;
}
