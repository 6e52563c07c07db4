import { expect, test } from '@jest/globals';
import { baseCommit, headCommit, olderCommit } from '../support/facts.ts';
import { aliasesOf, call, deploy, expectExit, promote, putModel, resourcesOf, roles, served } from '../support/serving.ts';
import { until } from '../support/until.ts';
import { inWorld, weathers } from '../support/world.ts';

const scaling = 'endpoint: { min: 1, max: 2, invocations-per-minute: 600 }\nlambda: { provisioned: 1 }';

test.concurrent.each(weathers)(
  'lists on a dry run, removes what expired, and never what is live or its way back, in %s weather',
  (weather) =>
    inWorld(weather, { roles }, async ({ cloud, job, project }) => {
      const model = await putModel(cloud);
      const tag = (factor: number, commit: string, serve = '') =>
        job({ event: 'tag', commit, project: project(served({ factor, scaling, serve })) });
      const release = async (factor: number, commit: string, serve = '') => {
        const one = tag(factor, commit, serve);
        const { outputs } = await deploy(one, { model }, 'configure-scaling');
        expectExit(await promote(one));
        return outputs['release'] ?? '';
      };
      // The first is superseded twice and its time is over; the second is the way back; the third is live; nobody wanted the fourth.
      await release(1, olderCommit);
      const previous = await release(2, baseCommit, 'keep-previous: 1s');
      const live = await release(3, headCommit);
      const last = tag(4, headCommit);
      const { outputs: unwanted } = await deploy(last, { model, 'candidate-ttl': '1s' }, 'configure-scaling');
      const all = await resourcesOf(cloud);
      expect(all.endpoints).toHaveLength(4);

      const listed = expectExit(await last.step('clean-up', { 'dry-run': 'true' }).done);
      expect(listed.summary).toContain('### Clean-up, dry run: 12 to remove');
      expect(listed.outputs).toEqual({ removed: '[]', busy: '0' });
      expect(await resourcesOf(cloud)).toEqual(all);

      const swept = expectExit(await last.step('clean-up').done);
      const removed = JSON.parse(swept.outputs['removed'] ?? '') as { kind: string; name: string }[];
      expect(removed.map(({ kind }) => kind).sort()).toEqual(
        ['alias', 'endpoint', 'endpoint', 'endpoint-config', 'endpoint-config', 'model', 'model'].concat([
          'provisioned-concurrency',
          'scaling',
          'scaling',
          'version',
          'version',
        ]),
      );
      expect(removed).toContainEqual(expect.objectContaining({ kind: 'endpoint', name: unwanted['release'] }));
      const kept = [live, previous].sort();
      const left = await until('what is being deleted to be gone', async () => {
        const seen = await resourcesOf(cloud);
        return seen.endpoints.length > kept.length ? undefined : seen;
      });
      expect(left).toEqual({ endpoints: kept, configs: kept, models: kept });
      expect(await aliasesOf(cloud)).toEqual({ live: '3', previous: '2' });
      expect(await call(cloud)).toEqual({ statusCode: 200, answer: [[126, 252]] });

      const again = expectExit(await last.step('clean-up').done);
      expect(JSON.parse(again.outputs['removed'] ?? '')).toEqual([]);
      expect(expectExit(await promote(tag(3, headCommit), { rollback: 'true' })).outputs['live']).toBe(previous);
    }),
);
