import { expect, test } from '@jest/globals';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { baseCommit, headCommit, olderCommit, pullNumber, repository } from '../support/facts.ts';
import type { LocalCloud } from '../support/local-cloud.ts';
import {
  aliasesOf,
  call,
  deploy,
  expectExit,
  promote,
  putModel,
  resourcesOf,
  roles,
  sagemaker,
  served,
  sweepFor,
} from '../support/serving.ts';
import { annotations, stable } from '../support/stable.ts';
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

/** Waits until the time to live of an endpoint is over. */
async function expire(cloud: LocalCloud, EndpointName: string): Promise<void> {
  const { EndpointArn: ResourceArn } = await sagemaker<{ EndpointArn: string }>(cloud, 'DescribeEndpoint', { EndpointName });
  const { Tags } = await sagemaker<{ Tags: { Key: string; Value: string }[] }>(cloud, 'ListTags', { ResourceArn });
  const expiry = Date.parse(Tags.find(({ Key }) => Key === 'trainyard:expires-at')?.Value ?? '');
  await until('the endpoint to expire', () => (Date.now() > expiry ? true : undefined));
}

test.concurrent('an endpoint that is being created or updated is left to the next sweep, which takes it', () =>
  inWorld('calm', { roles }, async ({ cloud, job, project }) => {
    const model = await putModel(cloud);
    // The container answers /ping when this file is there, and not before.
    const gate = join(cloud.folder, 'gate');
    const code = `import time\nwhile not os.path.exists(${JSON.stringify(gate)}):\n    time.sleep(0.05)\n`;
    const shared = project(served({ code }));
    const tag = job({ event: 'tag', commit: headCommit, project: shared });
    const statusOf = async (EndpointName: string) =>
      (await sagemaker<{ EndpointStatus: string }>(cloud, 'DescribeEndpoint', { EndpointName })).EndpointStatus;
    const inService = (name: string) => async () => ((await statusOf(name)) === 'InService' ? true : undefined);

    // The runner dies while the endpoint is being created.
    const deploying = tag.step('deploy-endpoint', { model, 'candidate-ttl': '1s' });
    const name = await until('the endpoint', async () => (await resourcesOf(cloud)).endpoints[0], 60);
    deploying.process.kill('SIGKILL');
    await deploying.done;
    await expire(cloud, name);
    const all = await resourcesOf(cloud);
    const creating = await sweepFor(cloud, shared, 1);
    expect(stable(creating.log).replaceAll(/\d+ seconds? old/g, '<n> seconds old')).toMatchSnapshot('log');
    expect(creating.outputs).toEqual({ removed: '[]', busy: '1' });
    expect(await resourcesOf(cloud)).toEqual(all);

    // Then somebody gives it a second machine.
    writeFileSync(gate, '');
    await until('the endpoint to serve', inService(name));
    rmSync(gate);
    await sagemaker(cloud, 'UpdateEndpointWeightsAndCapacities', {
      EndpointName: name,
      DesiredWeightsAndCapacities: [{ VariantName: 'all', DesiredInstanceCount: 2 }],
    });
    expect(await statusOf(name)).toBe('Updating');
    const updating = await sweepFor(cloud, shared, 0);
    expect(updating.outputs).toEqual({ removed: '[]', busy: '1' });
    expect(annotations(updating.log).map(({ message }) => message)).toEqual([expect.stringContaining(`endpoint ${name} (`)]);
    expect(await resourcesOf(cloud)).toEqual(all);

    // The third sweep meets it while it is busy, waits, and takes it with all that was made for it.
    const since = (await cloud.journal()).length;
    const sweeping = tag.step('clean-up');
    await until('the sweep to meet it', async () =>
      (await cloud.journal(since)).find(({ operation, error }) => operation === 'DeleteEndpoint' && error !== undefined),
    );
    writeFileSync(gate, '');
    const swept = expectExit(await sweeping.done);
    const removed = JSON.parse(swept.outputs['removed'] ?? '') as { kind: string }[];
    expect(removed.map(({ kind }) => kind)).toEqual(['endpoint', 'endpoint-config', 'model']);
    expect(swept.outputs['busy']).toBe('0');
    expect(
      await until('nothing', async () => ((await resourcesOf(cloud)).endpoints.length > 0 ? undefined : resourcesOf(cloud))),
    ).toEqual({
      endpoints: [],
      configs: [],
      models: [],
    });
  }));

const repo = { ...repository, default_branch: 'main', owner: { login: repository.owner } };
const closedPayload = {
  action: 'closed',
  number: pullNumber,
  repository: repo,
  pull_request: {
    number: pullNumber,
    title: 'Try a wider layer',
    head: { sha: headCommit, ref: 'wider', repo },
    base: { sha: baseCommit, ref: 'main', repo },
  },
};
const searched = `tune:
  objective: minimize test-loss
  ranges: { rest: { min: 100, max: 200 } }
  max-jobs: 2
  max-parallel-jobs: 1
  instance-type: ml.m5.large
`;

test.concurrent.each(weathers)(
  'a pull request that closes has its run and its search stopped, and both recorded, in %s weather',
  (weather) =>
    inWorld(weather, {}, async ({ cloud, job, project, recordsOf }) => {
      const shared = project({ hyperparameters: { rest: 120 }, spec: (text) => `${text}${searched}` });
      const first = job({ project: shared });
      expectExit(await first.step('tune-model', { wait: 'false' }).done);
      expectExit(await first.train({ wait: 'false' }).done);
      const event = join(shared.folder, 'closed.json');
      writeFileSync(event, JSON.stringify(closedPayload));

      const closing = job({ project: shared, env: { GITHUB_EVENT_PATH: event } });
      const closed = expectExit(await closing.step('clean-up').done);
      expect(closed.summary).toContain('### Clean-up: stopped 1 training job and 1 tuning job of pull request #7');
      expect(await recordsOf(first.runId)).toMatchObject([{ state: { status: 'stopped', cause: 'cancelled' } }]);
      const removed = JSON.parse(closed.outputs['removed'] ?? '') as { kind: string; name: string }[];
      const HyperParameterTuningJobName = removed.find(({ kind }) => kind === 'tuning-job')?.name;
      expect(await sagemaker(cloud, 'DescribeHyperParameterTuningJob', { HyperParameterTuningJobName })).toMatchObject({
        HyperParameterTuningJobStatus: 'Stopped',
      });
      expect((await cloud.trainingJobs()).map(({ TrainingJobStatus: status }) => status)).toEqual(['Stopped', 'Stopped']);

      // What has been closed once has nothing left.
      const again = expectExit(await closing.step('clean-up').done);
      expect(again.summary).toContain('pull request #7 left nothing running');
    }),
);
