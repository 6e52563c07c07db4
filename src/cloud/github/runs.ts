import { type GitHubCall, notFound, type Route } from './route.ts';
import type { WorkflowRun } from './state.ts';

export const runRoutes: readonly Route[] = [
  { method: 'GET', template: '/repos/{owner}/{repo}/actions/runs/{run_id}', scopes: ['actions'], level: 'read', handle: getRun },
];

function getRun(call: GitHubCall) {
  const run = call.state.runs.get(Number(call.params['run_id']));
  if (!run) throw notFound();
  return { status: 200, body: show(call, run) };
}

/** The newest attempt, as GitHub shows it: with a conclusion once it is completed, and none before. */
function show({ apiUrl, serverUrl, state }: GitHubCall, run: WorkflowRun) {
  const { owner, name } = state.repository;
  return {
    id: run.id,
    name: run.name,
    path: run.path,
    run_number: run.id,
    run_attempt: run.attempt,
    event: run.event,
    head_branch: run.headBranch,
    head_sha: run.headSha,
    status: run.conclusion === undefined ? 'in_progress' : 'completed',
    conclusion: run.conclusion ?? null,
    created_at: run.started,
    run_started_at: run.started,
    updated_at: run.ended ?? run.started,
    url: `${apiUrl}/repos/${owner}/${name}/actions/runs/${run.id}`,
    html_url: `${serverUrl}/${owner}/${name}/actions/runs/${run.id}`,
  };
}
