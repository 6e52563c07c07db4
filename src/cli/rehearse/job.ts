import { githubContext } from './environment.ts';
import { evaluateValue } from './expressions.ts';
import { enterEnvironment, type JobEnvironment } from './job-environment.ts';
import { createState } from './job-state.ts';
import { killOrphans } from './orphans.ts';
import type { JobState, Result, Run, StepList } from './run.ts';
import { stepScope } from './scope.ts';
import { evaluateMap } from './step-call.ts';
import { runSteps } from './steps.ts';
import { wantsPost } from './use.ts';
import type { JobDefinition } from './workflow.ts';

/** One leg of a job that is about to run. */
export interface JobPlan {
  readonly id: string;
  readonly name: string;
  readonly definition: JobDefinition;
  readonly environment: JobEnvironment | undefined;
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

export async function runJob(run: Run, plan: JobPlan): Promise<JobOutcome> {
  const log = run.log.openJob(plan.name);
  const started = run.clock.now().getTime();
  const limits = limitJob(run, plan);
  const state = createState(run, plan, log, limits);
  const list: StepList = { steps: {}, status: 'success', inputs: run.event.inputs, env: {}, actionPath: undefined };
  const endDeployment = enterEnvironment(run, plan.environment, log);
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
    endDeployment(state.status);
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
