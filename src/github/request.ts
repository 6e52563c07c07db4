import type { getOctokit } from '@actions/github';
import { z } from 'zod';
import { ActionError } from '../action-error.ts';
import type { Clock } from '../time/clock.ts';

export type Octokit = ReturnType<typeof getOctokit>;

/** An answer that is no success, in the parts that decisions are made from. */
export interface Refusal {
  readonly status: number;
  readonly message: string;
  readonly headers: Readonly<Record<string, string | number | undefined>>;
}

const requestError = z.object({
  status: z.number(),
  message: z.string(),
  response: z.object({ headers: z.record(z.string(), z.union([z.string(), z.number()]).optional()) }).optional(),
});

/** Undefined for anything that is not an answer of GitHub or a failure to get one, which octokit calls status 500. */
export function findRefusal(error: unknown): Refusal | undefined {
  const { data } = requestError.safeParse(error);
  return data && { status: data.status, message: data.message, headers: data.response?.headers ?? {} };
}

const attempts = 4;
const longestWaitMs = 20_000;

/** Milliseconds to wait before another attempt; undefined when another attempt would be refused as well. */
function findDelayMs({ status, message, headers }: Refusal, attempt: number, now: Date): number | undefined {
  const limited = status === 429 || (status === 403 && (headers['retry-after'] !== undefined || /rate limit/i.test(message)));
  if (!limited && status < 500) return undefined;
  const reset = Number(headers['x-ratelimit-remaining']) === 0 ? Number(headers['x-ratelimit-reset']) * 1000 - now.getTime() : 0;
  const asked = Number(headers['retry-after'] ?? 0) * 1000 || reset;
  // GitHub would refuse us again before the time it names, so a wait that is too long is no wait at all.
  return asked > longestWaitMs ? undefined : Math.max(asked, 500 * 2 ** attempt);
}

/** Sends until it is answered: server errors, lost answers and rate limits are tried again, four times at most. */
export async function withRetries<T>(send: () => Promise<T>, clock: Clock): Promise<T> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await send();
    } catch (error) {
      const refusal = findRefusal(error);
      const delayMs = refusal && attempt + 1 < attempts ? findDelayMs(refusal, attempt, clock.now()) : undefined;
      if (delayMs === undefined) throw error;
      await clock.sleep(delayMs);
    }
  }
}

/** What the reader of the log can do about a refusal. `permission` is the line that the workflow's `permissions:` needs. */
export function toActionError(error: unknown, doing: string, permission: string): unknown {
  const refusal = findRefusal(error);
  if (!refusal) return error;
  const told = (kind: 'permission' | 'github', fix: string) =>
    new ActionError({ kind, message: `GitHub refused to ${doing}: ${refusal.status} ${refusal.message}.`, fix, cause: error });
  if (refusal.status === 401)
    return told('permission', 'Give the input github-token a valid token; its default is `${{ github.token }}`.');
  if (refusal.status === 403 || refusal.status === 404)
    return told('permission', `Add \`${permission}\` to the \`permissions:\` of the job.`);
  return told('github', 'Run the step again; https://www.githubstatus.com says whether GitHub has trouble.');
}
