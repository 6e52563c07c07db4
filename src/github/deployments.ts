import { getOctokit } from '@actions/github';
import { z } from 'zod';
import type { Deployments } from '../serving/ports.ts';
import { systemClock } from '../time/clock.ts';
import type { GitHubOptions } from './pull-requests.ts';
import { findRefusal, toActionError, withRetries } from './request.ts';

/** Ours of one workflow run is found again by this member of the payload. */
const payload = z.looseObject({ trainyard: z.string() });
const task = 'trainyard:promote';
const permission = 'deployments: write';
const descriptionLength = 140;
/** Of a release's past only the last few can still be marked as live. */
const pageSize = 20;

/** GitHub Deployments of one repository. @param runKey names the workflow run and the model: `start` finds its own again by it */
export function createDeployments(
  { token, apiUrl, repository, log, clock = systemClock }: GitHubOptions,
  runKey: string,
): Deployments {
  const octokit = getOctokit(token, { baseUrl: apiUrl });
  const place = { owner: repository.owner, repo: repository.name };
  const ask = <T>(doing: string, send: () => Promise<T>): Promise<T> =>
    withRetries(send, clock).catch((error: unknown) => {
      throw toActionError(error, doing, permission);
    });

  async function list(environment: string, more: { sha?: string } = {}) {
    const query = { ...place, environment, task, ...more, per_page: pageSize };
    const { data } = await ask(`list the deployments to ${environment}`, () =>
      octokit.request('GET /repos/{owner}/{repo}/deployments', query),
    );
    return data;
  }

  return {
    async start({ commit, environment, description }) {
      try {
        const found = (await list(environment, { sha: commit })).find(
          (one) => payload.safeParse(readPayload(one.payload)).data?.trainyard === runKey,
        );
        if (found) return { id: Number(found.id) };
        const request = {
          ...place,
          ref: commit,
          task,
          environment,
          description: cut(description),
          payload: JSON.stringify({ trainyard: runKey }),
          auto_merge: false,
          required_contexts: [],
        };
        const { data } = await ask(`create a deployment to ${environment}`, () =>
          octokit.request('POST /repos/{owner}/{repo}/deployments', request),
        );
        if ('id' in data) return { id: Number(data.id) };
        throw new Error(`GitHub made no deployment: ${data.message ?? 'it gives no reason'}`);
      } catch (error) {
        if (!isReadOnly(error)) throw error;
        log.warning(
          `The token may not write deployments, so GitHub will not show this one. Add \`${permission}\` to the \`permissions:\` of the job.`,
        );
        return 'read-only';
      }
    },
    async setStatus(id, state, description, url) {
      const request = {
        ...place,
        deployment_id: id,
        state,
        description: cut(description),
        // The others are set inactive by us, when and because something is live in their place.
        auto_inactive: false,
        ...(url === undefined ? {} : { log_url: url }),
      };
      await ask(`set the deployment ${id} to ${state}`, () =>
        octokit.request('POST /repos/{owner}/{repo}/deployments/{deployment_id}/statuses', request),
      );
    },
    async findActive(environment) {
      const active: { id: number; commit: string }[] = [];
      for (const { id, sha: commit } of await list(environment)) {
        const { data } = await ask(`read the statuses of deployment ${id}`, () =>
          octokit.request('GET /repos/{owner}/{repo}/deployments/{deployment_id}/statuses', {
            ...place,
            deployment_id: Number(id),
            per_page: 1,
          }),
        );
        if (data[0]?.state === 'success') active.push({ id: Number(id), commit });
      }
      return active;
    },
  };
}

/** GitHub gives a payload back as it was sent: as text or, by some of its servers, parsed. */
function readPayload(given: unknown): unknown {
  if (typeof given !== 'string') return given;
  try {
    return JSON.parse(given) as unknown;
  } catch {
    return undefined;
  }
}

/** GitHub refuses a longer description. */
function cut(description: string): string {
  return description.length <= descriptionLength ? description : `${description.slice(0, descriptionLength - 1)}…`;
}

function isReadOnly(error: unknown): boolean {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const refusal = findRefusal(cause);
  return refusal?.status === 403 && /not accessible by|read-only/i.test(refusal.message);
}
