import { getOctokit } from '@actions/github';
import { type Clock, systemClock } from '../time/clock.ts';
import { findRefusal, withRetries } from './request.ts';

/** Workflow runs of one repository. */
export interface WorkflowRuns {
  /** Whether a run is over, all its attempts so far; undefined when GitHub does not tell (no `actions: read`, or no such run). */
  isOver(runId: string): Promise<boolean | undefined>;
}

interface Options {
  readonly token: string;
  /** `GITHUB_API_URL`, without a slash at the end. */
  readonly apiUrl: string;
  readonly repository: { readonly owner: string; readonly name: string };
  readonly clock?: Clock;
}

export function createWorkflowRuns({ token, apiUrl, repository, clock = systemClock }: Options): WorkflowRuns {
  const octokit = getOctokit(token, { baseUrl: apiUrl });
  return {
    async isOver(runId) {
      const run = { owner: repository.owner, repo: repository.name, run_id: Number(runId) };
      try {
        const { data } = await withRetries(() => octokit.request('GET /repos/{owner}/{repo}/actions/runs/{run_id}', run), clock);
        return data.status === 'completed';
      } catch (error) {
        // Nothing depends on it but how soon: what nobody tells us about goes when its time is over.
        if (findRefusal(error)) return undefined;
        throw error;
      }
    },
  };
}
