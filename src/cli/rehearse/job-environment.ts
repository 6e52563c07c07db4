import { evaluateText, evaluateValue, type Scope } from './expressions.ts';
import type { JobLog } from './log.ts';
import type { JobState, Run } from './run.ts';
import type { JobDefinition } from './workflow.ts';

/** The deployment environment that a job names. */
export interface JobEnvironment {
  readonly name: string;
  /** Whether GitHub files a deployment for the job by itself; `deployment: false` leaves that to the job's steps. */
  readonly deployment: boolean;
}

export function findEnvironment({ environment }: JobDefinition, scope: Scope): JobEnvironment | undefined {
  if (environment === undefined) return undefined;
  const { name, deployment } = typeof environment === 'string' ? { name: environment, deployment: true } : environment;
  const evaluated = evaluateText(name, scope);
  if (evaluated === '') return undefined;
  return { name: evaluated, deployment: String(evaluateValue(deployment ?? true, scope)) !== 'false' };
}

const results = { success: 'success', failure: 'failure', cancelled: 'error' } as const;

/** Says who approved and files the job's deployment; the function it returns ends that with the job. */
export function enterEnvironment(
  run: Run,
  environment: JobEnvironment | undefined,
  log: JobLog,
): (status: JobState['status']) => void {
  if (!environment) return () => undefined;
  log.aside(`approval for ${environment.name}: granted by the rehearsal`);
  if (!environment.deployment) return () => undefined;
  const { sha, refName: ref } = run.event;
  const setStatus = run.github.fileDeployment({ sha, ref, environment: environment.name });
  setStatus('in_progress');
  return (status) => setStatus(results[status]);
}
