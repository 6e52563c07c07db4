import { randomUUID } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JobClaims } from '../../cloud/github/oidc.ts';
import { githubContext } from './environment.ts';
import type { JobPlan } from './job.ts';
import { tokenPermissions } from './permissions.ts';
import type { JobState, Run } from './run.ts';
import { runnerContext } from './scope.ts';
import { evaluateMap } from './step-call.ts';

const token = { login: 'github-actions[bot]', bot: true };

/** What a job starts with: its folders, its token and identity, contexts and environment. */
export function createState(run: Run, plan: JobPlan, log: JobState['log'], limits: Pick<JobState, 'cancel' | 'kill'>): JobState {
  const permissions = tokenPermissions(run.workflow.permissions, plan.definition.permissions, run.event.fork);
  const jobToken = run.github.addToken({ ...token, permissions });
  run.log.mask(jobToken);
  const idToken = permissions['id-token'] === 'write' ? run.github.allowIdToken(claimsOf(run, plan)) : undefined;
  if (idToken) run.log.mask(idToken.token);
  const folder = join(run.temp, randomUUID().slice(0, 8));
  const [workspace, temp] = [join(folder, run.facts.name, run.facts.name), join(folder, '_temp')];
  const eventPath = join(temp, '_github_workflow', 'event.json');
  mkdirSync(workspace, { recursive: true });
  mkdirSync(join(temp, '_github_workflow'), { recursive: true });
  writeFileSync(eventPath, JSON.stringify(run.event.payload, null, 2));
  const state: JobState = {
    run,
    id: plan.id,
    definition: plan.definition,
    log,
    workspace,
    temp,
    trackingId: `github_${randomUUID()}`,
    token: jobToken,
    permissions,
    idToken,
    contexts: {
      github: { ...githubContext(run, plan.id), token: jobToken, workspace, event_path: eventPath },
      vars: run.variables,
      secrets: { GITHUB_TOKEN: jobToken },
      needs: plan.needs,
      strategy: plan.strategy,
      matrix: plan.matrix,
      inputs: run.event.inputs,
    },
    env: {},
    path: [],
    posts: [],
    status: 'success',
    cancel: limits.cancel,
    kill: limits.kill,
  };
  const scope = { contexts: { ...state.contexts, runner: runnerContext(state) }, status: 'success' } as const;
  Object.assign(state.env, evaluateMap(run.workflow.env, scope));
  Object.assign(state.env, evaluateMap(plan.definition.env, { ...scope, contexts: { ...scope.contexts, env: state.env } }));
  // Registered before any step's own listener, so that steps are asked again with the new status.
  const onCancel = () => {
    state.status = 'cancelled';
  };
  if (limits.cancel.aborted) onCancel();
  else limits.cancel.addEventListener('abort', onCancel, { once: true });
  return state;
}

function claimsOf(run: Run, plan: JobPlan): JobClaims {
  const github = githubContext(run, plan.id);
  return {
    repository: github.repository,
    repository_id: github.repository_id,
    repository_owner: github.repository_owner,
    repository_owner_id: github.repository_owner_id,
    ref: github.ref,
    ref_type: github.ref_type,
    sha: github.sha,
    event_name: github.event_name,
    head_ref: github.head_ref,
    base_ref: github.base_ref,
    workflow: github.workflow,
    workflow_ref: github.workflow_ref,
    run_id: github.run_id,
    run_number: github.run_number,
    run_attempt: github.run_attempt,
    actor: github.actor,
    ...(plan.environment ? { environment: plan.environment.name } : {}),
  };
}
