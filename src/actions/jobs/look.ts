import { ActionError } from '../../action-error.ts';
import type { Clock } from '../../time/clock.ts';

/** A job keeps running when nobody can look at it for a while; after this long the step gives up and stops it. */
const maxBlindMs = 5 * 60_000;

/**
 * Looks at a job that cannot always be seen: reads lag behind writes, and calls fail for a while. Undefined is borne for five minutes.
 * @throws ActionError after that, and at once for what no waiting cures
 */
export function createLook<Seen>(
  name: string,
  read: () => Promise<Seen | undefined>,
  clock: Clock,
): () => Promise<Seen | undefined> {
  let seenAt = clock.now().getTime();
  return async () => {
    let cause: unknown;
    try {
      const seen = await read();
      if (seen !== undefined) {
        seenAt = clock.now().getTime();
        return seen;
      }
    } catch (error) {
      if (!(error instanceof ActionError) || error.kind !== 'aws') throw error;
      cause = error;
    }
    if (clock.now().getTime() - seenAt < maxBlindMs) return undefined;
    throw new ActionError({
      kind: 'aws',
      message: `${name} could not be seen for five minutes${cause instanceof Error ? `: ${cause.message}` : '; it does not exist any more'}.`,
      fix: 'Look at it in the AWS console; the post step of this action asks it to stop.',
      cause,
    });
  };
}
