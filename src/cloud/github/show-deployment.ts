import type { GitHubCall } from './route.ts';
import type { Deployment, DeploymentStatus } from './state.ts';

/** A deployment as the API shows it. */
export function showDeployment(call: GitHubCall, deployment: Deployment) {
  const url = urlOf(call, deployment);
  return {
    id: deployment.id,
    node_id: `DE_${deployment.id}`,
    url,
    sha: deployment.sha,
    ref: deployment.ref,
    task: deployment.task,
    payload: deployment.payload,
    original_environment: deployment.environment,
    environment: deployment.environment,
    description: deployment.description,
    creator: showUser(deployment.creator),
    created_at: deployment.created,
    updated_at: deployment.updated,
    statuses_url: `${url}/statuses`,
    repository_url: url.replace(/\/deployments\/\d+$/, ''),
    transient_environment: deployment.transient,
    production_environment: deployment.production,
  };
}

/** One of its statuses. */
export function showStatus(call: GitHubCall, deployment: Deployment, status: DeploymentStatus) {
  const url = urlOf(call, deployment);
  return {
    id: status.id,
    node_id: `DES_${status.id}`,
    url: `${url}/statuses/${status.id}`,
    state: status.state,
    creator: showUser(status.creator),
    description: status.description,
    environment: status.environment,
    target_url: status.logUrl,
    log_url: status.logUrl,
    environment_url: status.environmentUrl,
    created_at: status.created,
    updated_at: status.created,
    deployment_url: url,
    repository_url: url.replace(/\/deployments\/\d+$/, ''),
  };
}

function urlOf(call: GitHubCall, deployment: Deployment): string {
  const { owner, name } = call.state.repository;
  return `${call.apiUrl}/repos/${owner}/${name}/deployments/${deployment.id}`;
}

const showUser = ({ login, bot }: Deployment['creator']) => ({
  login,
  id: bot ? 41_898_282 : 1,
  type: bot ? 'Bot' : 'User',
});
