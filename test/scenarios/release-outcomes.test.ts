import { expect, test } from '@jest/globals';
import { baseCommit, headCommit, olderCommit } from '../support/facts.ts';
import { annotations, stable, stableLog } from '../support/stable.ts';
import {
  aliasesOf,
  call,
  deploy,
  deploymentStates,
  expectExit,
  promote,
  putModel,
  resourcesOf,
  roles,
  served,
} from '../support/serving.ts';
import { inWorld, weathers } from '../support/world.ts';

const right = { statusCode: 200, answer: [[42, 84]] };

test.concurrent.each(weathers)(
  'first release, second, nothing new, a wrong one, and back to the first, in %s weather',
  (weather) =>
    inWorld(weather, { roles }, async ({ cloud, job, project }) => {
      const model = await putModel(cloud);
      const tag = (factor: number, commit: string) => job({ event: 'tag', commit, project: project(served({ factor })) });

      // Nothing is live yet, so there is no way back.
      const first = tag(1, olderCommit);
      const { outputs: one } = await deploy(first, { model }, 'smoke-invoke');
      const promoted = expectExit(await promote(first));
      expect(promoted.outputs).toEqual({ outcome: 'promoted', live: one['release'], previous: '' });
      expect(stableLog(promoted.log)).toMatchSnapshot('first promotion');
      expect(await call(cloud)).toEqual(right);

      const second = tag(2, baseCommit);
      const { outputs: two } = await deploy(second, { model }, 'smoke-invoke');
      expect(await call(cloud)).toEqual(right);
      const replaced = expectExit(await promote(second));
      expect(replaced.outputs).toEqual({ outcome: 'promoted', live: two['release'], previous: one['release'] });
      expect(await call(cloud)).toEqual({ statusCode: 200, answer: [[84, 168]] });

      // The same release again changes nothing.
      const before = await resourcesOf(cloud);
      const again = tag(2, baseCommit);
      const { outputs: same } = await deploy(again, { model });
      expect(same).toMatchObject({ outcome: 'unchanged', release: two['release'], version: two['version'] });
      expect((await promote(again)).outputs['outcome']).toBe('unchanged');
      expect(await resourcesOf(cloud)).toEqual(before);

      // Smoke test and promotion both refuse what answers wrongly, and say so everywhere.
      const wrong = tag(-1, headCommit);
      const { outputs: three } = await deploy(wrong, { model });
      const smoked = expectExit(await wrong.step('smoke-invoke').done, 1);
      expect(
        stable(
          annotations(smoked.log)
            .map(({ level, message }) => `${level}: ${message}`)
            .join('\n'),
        ),
      ).toMatchSnapshot('smoke test');
      expect(smoked.outputs['passed']).toBe('false');
      const refused = expectExit(await promote(wrong), 1);
      expect(refused.outputs).toMatchObject({ outcome: 'rolled-back', live: two['release'] });
      expect(
        stable(
          annotations(refused.log)
            .map(({ level, message }) => `${level}: ${message}`)
            .join('\n'),
        ),
      ).toMatchSnapshot('promotion');
      const report = expectExit(await wrong.report().done);
      expect(stable(report.summary)).toMatchSnapshot('summary');
      expect(await call(cloud)).toEqual({ statusCode: 200, answer: [[84, 168]] });
      const records = await cloud.releaseRecords(wrong.runId);
      expect(records.find(({ kind }) => kind === 'promote')).toMatchObject({
        release: three['release'],
        outcome: { kind: 'rolled-back', to: two['release'] },
      });
      expect(await aliasesOf(cloud)).toEqual({ candidate: three['version'], live: two['version'], previous: one['version'] });

      const back = tag(2, baseCommit);
      const returned = expectExit(await promote(back, { rollback: 'true' }));
      expect(returned.outputs).toMatchObject({ outcome: 'returned', live: one['release'], previous: two['release'] });
      expect(await call(cloud)).toEqual(right);
      expect(stable((await deploymentStates(cloud)).join('\n'))).toMatchSnapshot('deployments');
    }),
);

test.concurrent('a promotion that fails before it begins is never reported as waiting for an approval', () =>
  inWorld('calm', { roles }, async ({ cloud, job, project }) => {
    const model = await putModel(cloud);
    const tag = job({ event: 'tag', commit: headCommit, project: project(served()) });
    await deploy(tag, { model }, 'smoke-invoke');
    expect(expectExit(await tag.report().done).summary).toContain('waits for approval');
    const refused = expectExit(await promote(tag, { rollback: 'perhaps' }), 1);
    expect(refused.outputs).toEqual({ outcome: 'refused' });
    expect(await cloud.releaseRecords(tag.runId)).toContainEqual(
      expect.objectContaining({
        kind: 'promote',
        outcome: { kind: 'refused', reason: 'input rollback: It is "perhaps"; it must be true or false.' },
      }),
    );
    const { summary } = expectExit(await tag.report().done);
    expect(summary).toContain('v1.2.0 was not promoted');
    expect(summary).not.toContain('waits for approval');
    expect(await aliasesOf(cloud)).toEqual({ candidate: '1' });
  }));
