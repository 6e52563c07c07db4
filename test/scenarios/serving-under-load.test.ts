import { expect, test } from '@jest/globals';
import { baseCommit, headCommit, olderCommit } from '../support/facts.ts';
import { deploy, expectExit, promote, putModel, roles, sagemaker, served, startLoad } from '../support/serving.ts';
import { until } from '../support/until.ts';
import { inWorld } from '../support/world.ts';

interface Described {
  EndpointStatus: string;
  ProductionVariants: { CurrentInstanceCount: number }[];
}

// An alias's move is the same in every weather; the throttles of the other one would be the client's to repeat.
test('20 calls a second through two promotions and a way back: not one fails, all are right', () =>
  inWorld('calm', { roles, training: { serving: { minuteSeconds: 60 } } }, async ({ cloud, job, project }) => {
    const model = await putModel(cloud);
    const scaling = 'endpoint: { min: 1, max: 3, invocations-per-minute: 600 }';
    const tag = (factor: number, commit: string) => job({ event: 'tag', commit, project: project(served({ factor, scaling })) });
    const instancesOf = async (name = '') => {
      const seen = await sagemaker<Described>(cloud, 'DescribeEndpoint', { EndpointName: name });
      return seen.EndpointStatus === 'InService' ? seen.ProductionVariants[0]?.CurrentInstanceCount : undefined;
    };

    const first = tag(1, olderCommit);
    await deploy(first, { model }, 'configure-scaling');
    const { outputs: one } = expectExit(await promote(first));
    // As its own scaling would under load.
    await sagemaker(cloud, 'UpdateEndpointWeightsAndCapacities', {
      EndpointName: one['live'],
      DesiredWeightsAndCapacities: [{ VariantName: 'all', DesiredInstanceCount: 3 }],
    });
    await until('three machines', async () => ((await instancesOf(one['live'])) === 3 ? true : undefined));

    const load = startLoad(cloud, 20);
    try {
      await until('the first answers', () => (load.answers.length > 20 ? true : undefined));
      for (const [factor, commit] of [
        [2, baseCommit],
        [3, headCommit],
      ] as const) {
        const next = tag(factor, commit);
        await deploy(next, { model }, 'configure-scaling', 'smoke-invoke');
        const { outputs } = expectExit(await promote(next));
        expect(outputs['outcome']).toBe('promoted');
        expect(await instancesOf(outputs['live'])).toBe(3);
      }
      expect(expectExit(await promote(tag(3, headCommit), { rollback: 'true' })).outputs['outcome']).toBe('returned');
      const seen = load.answers.length;
      await until('answers of what is live again', () => (load.answers.length > seen + 20 ? true : undefined));
    } finally {
      await load.stop();
    }
    expect(load.failures).toEqual([]);
    // Nothing but the three releases, in their order, and back.
    const order = load.answers.filter((answer, index) => answer !== load.answers[index - 1]);
    expect(order).toEqual(['[[42,84]]', '[[84,168]]', '[[126,252]]', '[[84,168]]']);
    expect(load.answers.length).toBeGreaterThan(0.9 * 20 * load.seconds());
  }));
