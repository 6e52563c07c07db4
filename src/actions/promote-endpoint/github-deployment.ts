import type { Deployments } from '../../serving/ports.ts';
import type { PromoteDeps } from './deps.ts';

type State = Parameters<Deployments['setStatus']>[1];

/** The GitHub Deployment of one promotion. What GitHub refuses is a warning: it must not decide what is live. */
export interface PromotionDeployment {
  set(state: State, description: string): Promise<void>;
  /** Success, and every other deployment to the environment that still says so becomes inactive. */
  succeed(description: string): Promise<void>;
}

/** @param commit what becomes live was made of it */
export async function startDeployment(
  commit: string,
  environment: string,
  description: string,
  { deployments, log, context }: Pick<PromoteDeps, 'deployments' | 'log' | 'context'>,
): Promise<PromotionDeployment> {
  const { owner, name } = context.repository;
  const url = `${context.serverUrl}/${owner}/${name}/actions/runs/${context.workflow.runId}`;
  const forgive = async <T>(what: string, work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work();
    } catch (error) {
      log.warning(`GitHub does not show ${what}: ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    }
  };
  const started = await forgive('this deployment', () => deployments.start({ commit, environment, description }));
  const id = started === undefined || started === 'read-only' ? undefined : started.id;

  async function set(state: State, text: string): Promise<void> {
    if (id !== undefined) await forgive(`that the deployment is ${state}`, () => deployments.setStatus(id, state, text, url));
  }

  await set('in_progress', description);
  return {
    set,
    async succeed(text) {
      const before =
        id === undefined ? [] : ((await forgive('earlier deployments', () => deployments.findActive(environment))) ?? []);
      await set('success', text);
      for (const other of before.filter((one) => one.id !== id)) {
        await forgive('that an earlier deployment is inactive', () =>
          deployments.setStatus(other.id, 'inactive', `Replaced by ${commit.slice(0, 7)}`, url),
        );
      }
    },
  };
}
