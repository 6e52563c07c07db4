import { z } from 'zod';
import { findCommit, reach } from './commits.ts';
import { readFields } from './fields.ts';
import { type GitHubCall, GitHubError, notFound, type Route } from './route.ts';
import { showDeployment, showStatus } from './show-deployment.ts';
import { type Deployment, type DeploymentState, deploymentStates, type DeploymentStatus } from './state.ts';

const root = '/repos/{owner}/{repo}';
const scopes = ['deployments'] as const;
const maxDescription = 140;

export const deploymentRoutes: readonly Route[] = [
  { method: 'GET', template: `${root}/deployments`, scopes, level: 'read', handle: listDeployments },
  { method: 'POST', template: `${root}/deployments`, scopes, level: 'write', handle: createDeployment },
  { method: 'GET', template: `${root}/deployments/{id}`, scopes, level: 'read', handle: getDeployment },
  { method: 'GET', template: `${root}/deployments/{id}/statuses`, scopes, level: 'read', handle: listStatuses },
  { method: 'POST', template: `${root}/deployments/{id}/statuses`, scopes, level: 'write', handle: createStatus },
  { method: 'GET', template: `${root}/environments`, scopes: ['actions'], level: 'read', handle: listEnvironments },
  { method: 'GET', template: `${root}/environments/{name+}`, scopes: ['actions'], level: 'read', handle: getEnvironment },
];

const description = z.string().max(maxDescription, `description is too long (maximum is ${maxDescription} characters)`);

const newDeployment = z.object({
  ref: z.string().min(1),
  task: z.string().default('deploy'),
  auto_merge: z.boolean().default(true),
  required_contexts: z.array(z.string()).optional(),
  payload: z.union([z.record(z.string(), z.unknown()), z.string()]).default({}),
  environment: z.string().default('production'),
  description: description.nullable().default(''),
  transient_environment: z.boolean().default(false),
  production_environment: z.boolean().optional(),
});

const newStatus = z.object({
  state: z.enum(deploymentStates),
  log_url: z.string().optional(),
  target_url: z.string().default(''),
  description: description.default(''),
  environment: z.string().optional(),
  environment_url: z.string().default(''),
  auto_inactive: z.boolean().default(true),
});

function listDeployments(call: GitHubCall) {
  const wanted = (name: string, value: string) => {
    const asked = call.query.get(name);
    return asked === null || asked === 'none' || asked === value;
  };
  const list = call.state.deployments.filter(
    (one) =>
      wanted('sha', one.sha) && wanted('ref', one.ref) && wanted('task', one.task) && wanted('environment', one.environment),
  );
  return { status: 200, list: list.toReversed().map((one) => showDeployment(call, one)) };
}

/** As GitHub does it for a job's token: the job itself is a check that has not passed, so required contexts must be turned off. */
function createDeployment(call: GitHubCall) {
  const asked = readFields(newDeployment, call.body, 'Deployment');
  const commit = findCommit(call.state, asked.ref);
  if (!commit) throw new GitHubError(422, `No ref found for: ${asked.ref}`);
  const { repository, branches } = call.state;
  const main = branches.get(repository.defaultBranch);
  if (asked.auto_merge && branches.has(asked.ref) && main !== undefined && !reach(call.state, commit.sha).has(main))
    return { status: 202, body: { message: `Auto-merged ${repository.defaultBranch} into ${asked.ref} on deployment.` } };
  if (asked.required_contexts === undefined || asked.required_contexts.length > 0) {
    const field = { resource: 'Deployment', field: 'required_contexts', code: 'invalid' };
    throw new GitHubError(409, `Conflict: Commit status checks failed for ${asked.ref}.`, [{ contexts: [], ...field }]);
  }
  return { status: 201, body: showDeployment(call, addDeployment(call, { ...asked, sha: commit.sha })) };
}

/** Adds a deployment: for the API, and for a job with an environment, for which GitHub does it by itself. */
export function addDeployment(
  call: Pick<GitHubCall, 'state' | 'now' | 'token'>,
  asked: { sha: string; environment: string } & Partial<z.output<typeof newDeployment>>,
): Deployment {
  const at = call.now().toISOString();
  const deployment: Deployment = {
    id: 2_000_001 + call.state.deployments.length,
    sha: asked.sha,
    ref: asked.ref ?? asked.sha,
    task: asked.task ?? 'deploy',
    environment: asked.environment,
    description: asked.description ?? null,
    payload: asked.payload ?? {},
    transient: asked.transient_environment ?? false,
    production: asked.production_environment ?? asked.environment === 'production',
    creator: { login: call.token.login, bot: call.token.bot },
    created: at,
    updated: at,
    statuses: [],
  };
  call.state.deployments.push(deployment);
  call.state.environments.add(deployment.environment);
  return deployment;
}

function getDeployment(call: GitHubCall) {
  return { status: 200, body: showDeployment(call, find(call)) };
}

function listStatuses(call: GitHubCall) {
  const deployment = find(call);
  return { status: 200, list: deployment.statuses.toReversed().map((one) => showStatus(call, deployment, one)) };
}

function createStatus(call: GitHubCall) {
  const deployment = find(call);
  const asked = readFields(newStatus, call.body, 'DeploymentStatus');
  const status = addStatus(call, deployment, { ...asked, logUrl: asked.log_url ?? asked.target_url });
  if (asked.state === 'success' && asked.auto_inactive) retireEarlier(call, deployment);
  return { status: 201, body: showStatus(call, deployment, status) };
}

/** Adds a status to a deployment: for the API, and for the job whose environment it is. */
export function addStatus(
  call: Pick<GitHubCall, 'state' | 'now' | 'token'>,
  deployment: Deployment,
  asked: {
    state: DeploymentState;
    description?: string;
    environment?: string | undefined;
    logUrl?: string;
    environment_url?: string;
  },
): DeploymentStatus {
  const at = call.now().toISOString();
  const count = call.state.deployments.reduce((sum, one) => sum + one.statuses.length, 0);
  const status: DeploymentStatus = {
    id: 3_000_001 + count,
    state: asked.state,
    description: asked.description ?? '',
    environment: asked.environment ?? deployment.environment,
    logUrl: asked.logUrl ?? '',
    environmentUrl: asked.environment_url ?? '',
    creator: { login: call.token.login, bot: call.token.bot },
    created: at,
  };
  deployment.statuses.push(status);
  deployment.updated = at;
  return status;
}

/** GitHub's `auto_inactive`: earlier successes of the environment, but never of a production one: those retire who deploys. */
function retireEarlier(call: GitHubCall, deployment: Deployment): void {
  for (const other of call.state.deployments) {
    if (other.id >= deployment.id) return;
    const last = other.statuses.at(-1)?.state;
    if (other.environment === deployment.environment && !other.transient && !other.production && last === 'success')
      addStatus(call, other, { state: 'inactive' });
  }
}

function find(call: GitHubCall): Deployment {
  const deployment = call.state.deployments.find((one) => String(one.id) === call.params['id']);
  if (!deployment) throw notFound();
  return deployment;
}

function listEnvironments(call: GitHubCall) {
  const names = [...call.state.environments];
  return {
    status: 200,
    body: { total_count: names.length, environments: names.map((name, index) => showEnvironment(name, index)) },
  };
}

function getEnvironment(call: GitHubCall) {
  const names = [...call.state.environments];
  const index = names.indexOf(call.params['name'] ?? '');
  const name = names[index];
  if (name === undefined) throw notFound();
  return { status: 200, body: showEnvironment(name, index) };
}

const showEnvironment = (name: string, index: number) => ({ id: 4_000_001 + index, name, protection_rules: [] });
