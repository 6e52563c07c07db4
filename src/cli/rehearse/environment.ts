import { join } from 'node:path';
import { runnerContext } from './scope.ts';
import type { JobState, Run } from './run.ts';

/** All that steps get of the user's own environment. */
const inherited = ['HOME', 'LANG', 'TMPDIR'];

/** The environment of a step's process, from the weakest to the strongest: machine, account, workflow, step, runner. */
export function stepEnvironment(
  state: JobState,
  stepEnv: Readonly<Record<string, string>>,
  runner: Readonly<Record<string, string>>,
): Record<string, string> {
  const machine = Object.fromEntries(
    inherited.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
  return {
    ...machine,
    ...accountEnvironment(state.run),
    CI: 'true',
    ...stepEnv,
    PATH: [...state.path, stepEnv['PATH'] ?? process.env['PATH'] ?? ''].join(':'),
    ...githubEnvironment(state),
    // Whatever a workflow sets: a rehearsal never reaches a real account.
    AWS_ENDPOINT_URL: state.run.cloud.url,
    AWS_CONFIG_FILE: join(state.temp, 'no-aws-config'),
    AWS_SHARED_CREDENTIALS_FILE: join(state.temp, 'no-aws-credentials'),
    AWS_EC2_METADATA_DISABLED: 'true',
    ...(state.run.downloadsUrl === undefined ? {} : { TRAINYARD_DOWNLOAD_URL: state.run.downloadsUrl }),
    ...runner,
  };
}

/** The stand-in for a configured account. A fork has none. */
function accountEnvironment(run: Run): Record<string, string> {
  const { region, accessKeyId, secretAccessKey } = run.cloud;
  const keys = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
  return { AWS_REGION: region, AWS_DEFAULT_REGION: region, ...(run.event.fork ? {} : keys) };
}

function githubEnvironment(state: JobState): Record<string, string> {
  const { run } = state;
  const { event: _event, repositoryUrl: _repositoryUrl, ...github } = githubContext(run, state.id);
  const runner = runnerContext(state);
  return {
    ...Object.fromEntries(Object.entries(github).map(([name, value]) => [`GITHUB_${name.toUpperCase()}`, String(value)])),
    GITHUB_ACTIONS: 'true',
    GITHUB_WORKSPACE: state.workspace,
    GITHUB_EVENT_PATH: join(state.temp, '_github_workflow', 'event.json'),
    RUNNER_NAME: runner.name,
    RUNNER_OS: runner.os,
    RUNNER_ARCH: runner.arch,
    RUNNER_TEMP: runner.temp,
    RUNNER_TOOL_CACHE: runner.tool_cache,
    RUNNER_ENVIRONMENT: runner.environment,
    RUNNER_WORKSPACE: join(state.workspace, '..'),
    RUNNER_TRACKING_ID: state.trackingId,
  };
}

/** The `github` context without what only a step knows; GITHUB_* variables have the same names and values. */
export function githubContext(run: Run, job: string) {
  const { event, facts, workflow, github } = run;
  const { id, ownerId } = github.state.repository;
  const repository = `${facts.owner}/${facts.name}`;
  return {
    event: event.payload,
    event_name: event.name,
    sha: event.sha,
    ref: event.ref,
    ref_name: event.refName,
    ref_type: event.kind === 'tag' ? 'tag' : 'branch',
    ref_protected: false,
    head_ref: event.headRef,
    base_ref: event.baseRef,
    repository,
    repository_id: String(id),
    repository_owner: facts.owner,
    repository_owner_id: String(ownerId),
    repositoryUrl: `git://${repository}.git`,
    run_id: String(run.id),
    run_number: String(run.id),
    run_attempt: '1',
    workflow: workflow.name ?? workflow.path,
    workflow_ref: `${repository}/${workflow.path}@${event.ref}`,
    workflow_sha: event.sha,
    job,
    actor: run.actor,
    actor_id: '1',
    triggering_actor: run.actor,
    server_url: github.serverUrl,
    api_url: github.apiUrl,
    graphql_url: `${github.serverUrl}/api/graphql`,
    retention_days: '90',
    secret_source: event.fork ? 'None' : 'Actions',
  };
}
