import { expect, test } from '@jest/globals';
import { baseCommit, headCommit, olderCommit } from '../support/facts.ts';
import { messages, stable } from '../support/stable.ts';
import { aliasesOf, call, deploy, deploymentStates, expectExit, promote, putModel, roles, served } from '../support/serving.ts';
import { until } from '../support/until.ts';
import { inWorld, weathers } from '../support/world.ts';

test.concurrent.each(weathers)(
  'two promotions at once: one wins, the other is refused, nothing is torn, in %s weather',
  (weather) =>
    inWorld(weather, { roles }, async ({ cloud, job, project }) => {
      const model = await putModel(cloud);
      const first = job({ event: 'tag', commit: olderCommit, project: project(served()) });
      await deploy(first, { model });
      expectExit(await promote(first));

      const shared = project(served({ factor: 2 }));
      const slow = job({ event: 'tag', commit: baseCommit, project: shared });
      const { outputs } = await deploy(slow, { model });
      // Held in the moment before it moves live; the other overtakes it.
      await cloud.addFault({
        id: 'slow',
        service: 'lambda',
        operation: 'UpdateAlias',
        nth: 1,
        when: 'before',
        effect: { kind: 'pause' },
      });
      const late = slow.step('promote-endpoint');
      const held = await until('the first of the two to move live', () => cloud.paused(1000), 60);
      const quick = job({ event: 'tag', commit: baseCommit, project: shared });
      const winner = expectExit(await promote(quick));
      expect(winner.outputs).toMatchObject({ outcome: 'promoted', live: outputs['release'] });
      await cloud.release(held);
      const loser = expectExit(await late.done, 1);
      expectExit(await slow.afterStep('promote-endpoint', loser).done);
      expect(loser.outputs).toMatchObject({ outcome: 'refused', live: outputs['release'] });
      expect(stable(messages(loser.log, 'error'))).toMatchSnapshot('refusal');
      expect(await cloud.releaseRecords(slow.runId)).toContainEqual(
        expect.objectContaining({ kind: 'promote', outcome: expect.objectContaining({ kind: 'refused' }) }),
      );

      // The winner's work stands whole: live, the way back, what GitHub shows.
      expect(await aliasesOf(cloud)).toEqual({ candidate: '2', live: '2', previous: '1' });
      expect(await call(cloud)).toEqual({ statusCode: 200, answer: [[84, 168]] });
      const states = await deploymentStates(cloud);
      expect(states.map((state) => state.split(':')[0])).toEqual(['inactive', 'failure', 'success']);
      const back = job({ event: 'tag', commit: baseCommit, project: shared });
      expect(expectExit(await promote(back, { rollback: 'true' })).outputs['outcome']).toBe('returned');
      expect(await call(cloud)).toEqual({ statusCode: 200, answer: [[42, 84]] });
    }),
);

test.concurrent.each(weathers)(
  'a candidate that expired while somebody thought about it is refused by name, in %s weather',
  (weather) =>
    inWorld(weather, { roles }, async ({ cloud, job, project }) => {
      const model = await putModel(cloud);
      const run = (factor: number, commit: string) => job({ event: 'tag', commit, project: project(served({ factor })) });
      const first = run(1, olderCommit);
      await deploy(first, { model });
      expectExit(await promote(first));

      const tag = run(2, headCommit);
      await deploy(tag, { model, 'candidate-ttl': '1s' });
      const { expiresAt } = await outcomeOf(tag.runId);
      await until('its end', () => (Date.now() > Date.parse(expiresAt) ? true : undefined));
      const expired = expectExit(await promote(tag), 1);
      expect(expired.outputs).toMatchObject({ outcome: 'refused' });
      expect(stable(messages(expired.log, 'error'))).toMatchSnapshot('expired');

      expectExit(await tag.step('clean-up').done);
      const swept = expectExit(await promote(tag), 1);
      expect(stable(messages(swept.log, 'error'))).toMatchSnapshot('swept');
      expect(await call(cloud)).toEqual({ statusCode: 200, answer: [[42, 84]] });
      const report = expectExit(await tag.report().done);
      expect(stable(report.summary.split('\n').slice(0, 4).join('\n'))).toMatchSnapshot('summary');

      async function outcomeOf(runId: string) {
        const record = (await cloud.releaseRecords(runId)).find(({ kind }) => kind === 'deploy');
        if (record?.kind !== 'deploy' || record.outcome.kind !== 'candidate') throw new Error('There is no candidate.');
        return record.outcome;
      }
    }),
);
