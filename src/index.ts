import { fileURLToPath } from 'node:url';

type Phase = 'main' | 'post';

/** One lazy chunk an action: nobody loads another action's clients. */
const actions: Record<string, () => Promise<Partial<Record<Phase, (root: string) => Promise<void>>>>> = {
  'deploy-endpoint': () => import('./actions/deploy-endpoint/index.ts'),
  'clean-up': () => import('./actions/clean-up/index.ts'),
  'configure-scaling': () => import('./actions/configure-scaling/index.ts'),
  'promote-endpoint': () => import('./actions/promote-endpoint/index.ts'),
  report: () => import('./actions/report/index.ts'),
  'smoke-invoke': () => import('./actions/smoke-invoke/index.ts'),
  'stage-data': () => import('./actions/stage-data/index.ts'),
  'train-model': () => import('./actions/train-model/index.ts'),
  'train-on-ec2': () => import('./actions/train-on-ec2/index.ts'),
  'tune-model': () => import('./actions/tune-model/index.ts'),
};

/**
 * What every action's committed `index.js` and `post.js` call.
 * @param root folder of this product's checkout, where `training/launcher` lies
 */
export async function main(action: string, phase: Phase, root: URL): Promise<void> {
  const load = actions[action];
  if (!load) throw new Error(`There is no action ${action}; there are ${Object.keys(actions).join(', ')}.`);
  const run = (await load())[phase];
  if (!run) throw new Error(`The action ${action} has no ${phase} phase.`);
  await run(fileURLToPath(root));
}
