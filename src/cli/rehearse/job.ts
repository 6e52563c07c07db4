import { randomUUID } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JobClaims } from '../../cloud/github/oidc.ts';
import { githubContext } from './environment.ts';
import { evaluateText, evaluateValue } from './expressions.ts';
import { killOrphans } from './orphans.ts';
import { tokenPermissions } from './permissions.ts';
import type { JobState, Result, Run, StepList } from './run.ts';
import { runnerContext, stepScope } from './scope.ts';
import { evaluateMap } from './step-call.ts';
import { runSteps } from './steps.ts';
import { wantsPost } from './use.ts';
import type { JobDefinition } from './workflow.ts';

/** One leg of a job that is about to run. */
export interface JobPlan {
  readonly id: string;
  readonly name: string;
  readonly definition: JobDefinition;
  readonly needs: Readonly<Record<string, { result: Result; outputs: Readonly<Record<string, string>> }>>;
  readonly matrix: Readonly<Record<string, unknown>> | null;
  readonly strategy: Readonly<Record<string, unknown>>;
  /** Aborts when the run or the job's matrix is cancelled and the job's `if` does not keep it. */
  readonly cancel: AbortSignal;
}

export interface JobOutcome {
  readonly result: Result;
  readonly outputs: Readonly<Record<string, string>>;
}

/** GitHub gives a cancelled job five minutes. */
const timeAfterCancelMs = 300_000;
const defaultTimeoutMinutes = 360;
const token = { login: 'github-actions[bot]', bot: true };

export async function runJob(run: Run, plan: JobPlan): Promise<JobOutcome> {
  const log = run.log.openJob(plan.name);
  const started = run.clock.now().getTime();
  const limits = limitJob(run, plan);
  const state = createState(run, plan, log, limits);
  const list: StepList = { steps: {}, status: 'success', inputs: null, env: {}, actionPath: undefined };
  try {
    sayWhatIsMissing(state);
    await runSteps(state, plan.definition.steps, run.workflow.stepIds[plan.id] ?? [], list);
    await runPosts(state, list);
    const outputs = evaluateMap(plan.definition.outputs, stepScope(state, list, state.env));
    return { result: state.status, outputs };
  } catch (error) {
    log.annotate({ level: 'error', message: error instanceof Error ? error.message : String(error) });
    state.status = 'failure';
    return { result: 'failure', outputs: {} };
  } finally {
    limits.release();
    const orphans = killOrphans(state.trackingId);
    if (orphans > 0) log.aside(`ended ${orphans} process${orphans === 1 ? '' : 'es'} that the job left behind`);
    run.github.revokeToken(state.token);
    const seconds = ((run.clock.now().getTime() - started) / 1000).toFixed(1);
    log.close(state.status === 'success' ? 'ok' : 'failed', `${describe(state.status)} after ${seconds} s`);
  }
}

const describe = (status: JobState['status']): string =>
  ({ success: 'succeeded', failure: 'failed', cancelled: 'was cancelled' })[status];

/** What GitHub would do for this job and a rehearsal does not. */
function sayWhatIsMissing({ definition, log }: JobState): void {
  if (definition.container !== undefined)
    log.annotate({ level: 'warning', message: 'The container is not started: steps run on this machine.' });
  if (definition.services !== undefined) log.annotate({ level: 'warning', message: 'The services are not started.' });
  if (definition.environment !== undefined) log.aside('an environment: nobody is asked for an approval in a rehearsal');
}

async function runPosts(state: JobState, list: StepList): Promise<void> {
  for (const post of state.posts.toReversed()) {
    if (state.kill.aborted) return;
    if (!wantsPost({ state, list, env: state.env }, post.condition)) continue;
    state.log.step(post.title);
    const started = state.run.clock.now().getTime();
    const result = await post.run(new AbortController().signal);
    const seconds = ((state.run.clock.now().getTime() - started) / 1000).toFixed(1);
    state.log.done(result === 'success' ? 'ok' : 'failed', result === 'success' ? `${seconds} s` : `${result}, ${seconds} s`);
    if (result === 'failure' && state.status === 'success') state.status = 'failure';
  }
}

interface Limits {
  readonly cancel: AbortSignal;
  readonly kill: AbortSignal;
  readonly release: () => void;
}

/** The job's cancel (from outside or by its time limit) and, five minutes later, its end. */
function limitJob(run: Run, plan: JobPlan): Limits {
  const [cancel, kill] = [new AbortController(), new AbortController()];
  const timers: NodeJS.Timeout[] = [];
  const onCancel = () => {
    timers.push(setTimeout(() => kill.abort(), timeAfterCancelMs));
    cancel.abort();
  };
  const scope = {
    contexts: { github: githubContext(run, plan.id), matrix: plan.matrix, vars: run.variables },
    status: 'success',
  } as const;
  const minutes = Number(evaluateValue(plan.definition['timeout-minutes'] ?? defaultTimeoutMinutes, scope));
  timers.push(setTimeout(onCancel, Math.min(minutes * 60_000, 2 ** 31 - 1)));
  if (plan.cancel.aborted) onCancel();
  else plan.cancel.addEventListener('abort', onCancel, { once: true });
  return {
    cancel: cancel.signal,
    kill: AbortSignal.any([run.kill, kill.signal]),
    release: () => {
      for (const timer of timers) clearTimeout(timer);
      plan.cancel.removeEventListener('abort', onCancel);
    },
  };
}

function createState(run: Run, plan: JobPlan, log: JobState['log'], limits: Limits): JobState {
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
  const { environment } = plan.definition;
  const name = typeof environment === 'string' ? environment : environment?.name;
  const scope = { contexts: { github, matrix: plan.matrix, vars: run.variables }, status: 'success' } as const;
  return {
    repository: github.repository,
    repository_id: github.repository_id,
    repository_owner: github.repository_owner,
    repository_owner_id: github.repository_owner_id,
    ref: github.ref,
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
    ...(name ? { environment: evaluateText(name, scope) } : {}),
  };
}
