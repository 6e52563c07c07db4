import { expect, test } from '@jest/globals';
import { bucket, headCommit, lambdaRole, servingRole, trainingRole } from '../support/facts.ts';
import type { CloudProcessOptions, LocalCloud } from '../support/local-cloud.ts';
import { annotations, stable } from '../support/stable.ts';
import { ask, deploy, expectExit, functionName, promote, putModel, resourcesOf, roles, served } from '../support/serving.ts';
import { until } from '../support/until.ts';
import { inWorld, weathers } from '../support/world.ts';

const writes = /^(Create|Update|Delete|Put|Publish|Register|Deregister|AddTags|Complete)/;
const nothing = { endpoints: [], configs: [], models: [] };
const replace =
  (from: string | RegExp, to: string) =>
  (text: string): string => {
    const changed = text.replace(from, to);
    if (changed === text) throw new Error(`The spec has no ${String(from)}.`);
    return changed;
  };
const said = (log: string) =>
  stable(
    annotations(log)
      .map(({ level, properties, message }) => `${level} ${properties}\n${message}`)
      .join('\n\n'),
  );

interface Case {
  readonly name: string;
  readonly serving?: NonNullable<Parameters<typeof served>[0]>;
  readonly inputs?: Record<string, string>;
  readonly options?: Partial<CloudProcessOptions>;
  /** Where calm is not enough: what AWS is asked before the refusal may be throttled, or late. */
  readonly weathers?: typeof weathers;
  /** What somebody else did to the account before. */
  readonly meanwhile?: (cloud: LocalCloud) => Promise<unknown>;
}

const inWeathers = (cases: readonly Case[]) =>
  cases.flatMap((one) =>
    (one.weathers ?? (['calm'] as const)).map((weather) => Object.assign({ serving: {}, inputs: {} }, one, { weather })),
  );

/** Refused by deploy-endpoint before anything is created: what is wrong in the spec, and inputs. */
const before: readonly Case[] = [
  {
    name: 'several mistakes of the spec at once',
    serving: {
      spec: (text) => replace('strategy: sideways', 'strategy: sidewards')(replace('memory-mb: 256', 'memory-mb: 2')(text)),
      serve: 'strategy: sideways',
    },
  },
  { name: 'roles that the spec does not name', serving: { spec: replace(/serving: '[^']*', lambda: '[^']*',/, '') } },
  {
    name: 'a budget that the endpoint exceeds',
    serving: { spec: (text) => `${text}budget: { endpoint-per-month: 20 }\n` },
    weathers,
  },
  {
    name: 'an unknown price under a budget',
    serving: {
      spec: (text) =>
        `${replace(/instance-type: ml\.m5\.large/, 'instance-type: ml.p6-b300.48xlarge')(text)}budget: { endpoint-per-month: 20 }\n`,
    },
  },
  { name: 'an entry point that is not there', serving: { spec: replace('inference.py', 'inferrence.py') } },
  { name: 'a bucket that is not there', serving: { spec: replace(`bucket: ${bucket}`, 'bucket: octo-lost') }, weathers },
  { name: 'a model that is not there', inputs: { model: `s3://${bucket}/trainyard/main/lost/model.tar.gz` } },
  { name: 'inputs that mean nothing', inputs: { model: 'model.tar.gz', 'candidate-ttl': 'soon' } },
  { name: 'a model that a pull request has written', inputs: { model: `s3://${bucket}/trainyard/pr/7/models/model.tar.gz` } },
];

test.concurrent.each(inWeathers(before))(
  'deploy-endpoint refuses before it creates anything: $name, in $weather weather',
  ({ weather, serving, inputs }) =>
    inWorld(weather, { roles }, async ({ cloud, job, project }) => {
      const model = await putModel(cloud);
      const tag = job({ event: 'tag', commit: headCommit, project: project(served(serving)) });
      const since = (await cloud.journal()).length;
      const main = expectExit(await tag.step('deploy-endpoint', { model, ...inputs }).done, 1);
      expect(said(main.log)).toMatchSnapshot();
      expectExit(await tag.afterStep('deploy-endpoint', main, inputs).done);
      const written = (await cloud.journal(since)).filter(({ operation }) => writes.test(operation));
      expect(written.filter(({ input }) => !JSON.stringify(input).includes('/deployments/'))).toEqual([]);
      expect(await resourcesOf(cloud)).toEqual(nothing);
    }),
);

test.concurrent('a tag that nobody trained is told which workflow trains it, and never gets another model', () =>
  inWorld('calm', { roles }, async ({ cloud, job, project }) => {
    await putModel(cloud);
    const changes = served();
    const workflow = `on: { push: { branches: [main] } }
jobs:
  train:
    runs-on: ubuntu-24.04
    steps:
      - uses: octo-org/trainyard/actions/train-model@v1
`;
    const shared = project({ ...changes, files: { ...changes.files, '.github/workflows/train.yml': workflow } });
    const main = expectExit(await job({ event: 'tag', commit: headCommit, project: shared }).step('deploy-endpoint').done, 1);
    expect(said(main.log)).toMatchSnapshot();
    expect(await resourcesOf(cloud)).toEqual(nothing);
  }));

test.concurrent('dry-run says what it would do and what it costs, and creates nothing', () =>
  inWorld('calm', { roles }, async ({ cloud, job, project }) => {
    const model = await putModel(cloud);
    const tag = job({ event: 'tag', commit: headCommit, project: project(served()) });
    const since = (await cloud.journal()).length;
    const main = expectExit(await tag.step('deploy-endpoint', { model, 'dry-run': 'true' }).done);
    expectExit(await tag.afterStep('deploy-endpoint', main).done);
    expect(stable(main.summary)).toMatchSnapshot();
    expect((await cloud.journal(since)).filter(({ operation }) => writes.test(operation))).toEqual([]);
    expect(await resourcesOf(cloud)).toEqual(nothing);
  }));

/** Refused by AWS after the first resource was made; nothing of it stays. */
const later: readonly Case[] = [
  { name: 'a crash loop, explained with the container’s own lines', serving: { code: 'import numpie' }, weathers },
  { name: 'a quota that is used up', options: { training: { serving: { quotas: { 'ml.m5.large': 0 } } } }, weathers },
  {
    name: 'a serving role that SageMaker may not assume',
    options: {
      roles: [
        { arn: trainingRole, trust: ['sagemaker.amazonaws.com'] },
        { arn: servingRole, trust: ['ec2.amazonaws.com'] },
        { arn: lambdaRole, trust: ['lambda.amazonaws.com'] },
      ],
    },
  },
];

test.concurrent.each(inWeathers(later))(
  'deploy-endpoint fails and leaves nothing: $name, in $weather weather',
  ({ weather, serving, options }) =>
    inWorld(weather, { roles, ...options }, async ({ cloud, job, project }) => {
      const model = await putModel(cloud);
      const tag = job({ event: 'tag', commit: headCommit, project: project(served(serving)) });
      const main = expectExit(await tag.step('deploy-endpoint', { model }).done, 1);
      const where = said(main.log)
        .replaceAll(cloud.folder, '<folder>')
        .replaceAll(/\bi-[0-9a-f]{17}\b/g, '<instance>');
      // Where logs come late, which of the container's lines are the last is the weather's matter.
      const shown = weather === 'calm' ? where : where.replaceAll(/^ {2}.*\n/gm, '');
      expect(shown.replaceAll(/line \d+/g, 'line <n>')).toMatchSnapshot();
      expectExit(await tag.afterStep('deploy-endpoint', main, { model }).done);
      // What is being deleted is still listed.
      await until('the endpoint to be gone', async () => (await resourcesOf(cloud)).endpoints.length === 0 || undefined);
      expect(await resourcesOf(cloud)).toEqual(nothing);
      expect(await cloud.releaseRecords(tag.runId)).toMatchObject([{ kind: 'deploy', outcome: { kind: 'failed' } }]);
    }),
);

/** Refused by configure-scaling before it changes anything. */
const limits: readonly Case[] = [
  {
    name: 'more concurrency than a new account has',
    serving: { scaling: 'lambda: { provisioned: 2, reserved: 5 }' },
    options: { functions: { accountLimit: 10 } },
  },
  { name: 'more than the account may reserve', serving: { scaling: 'lambda: { reserved: 950 }' }, weathers },
  {
    name: 'more provisioned than somebody reserved for the function',
    serving: { scaling: 'lambda: { provisioned: 2 }' },
    meanwhile: (cloud) =>
      ask(
        cloud,
        'lambda',
        'PUT',
        `/2017-10-31/functions/${functionName}/concurrency`,
        JSON.stringify({ ReservedConcurrentExecutions: 1 }),
      ),
  },
  {
    name: 'machines that AWS does not scale',
    serving: {
      scaling: 'endpoint: { min: 1, max: 2, invocations-per-minute: 60 }',
      spec: replace(/instance-type: ml\.m5\.large/, 'instance-type: ml.t2.medium'),
    },
  },
];

test.concurrent.each(inWeathers(limits))(
  'configure-scaling refuses before it changes anything: $name, in $weather weather',
  ({ weather, serving, options, meanwhile }) =>
    inWorld(weather, { roles, ...options }, async ({ cloud, job, project }) => {
      const model = await putModel(cloud);
      const tag = job({ event: 'tag', commit: headCommit, project: project(served(serving)) });
      await deploy(tag, { model });
      await meanwhile?.(cloud);
      const since = (await cloud.journal()).length;
      const main = expectExit(await tag.step('configure-scaling').done, 1);
      expect(said(main.log)).toMatchSnapshot();
      expect((await cloud.journal(since)).filter(({ operation }) => writes.test(operation))).toEqual([]);
    }),
);

test.concurrent('configure-scaling counts what live keeps warm until it is replaced', () =>
  inWorld('calm', { roles }, async ({ cloud, job, project }) => {
    const model = await putModel(cloud);
    const scaling = 'lambda: { provisioned: 2, reserved: 3 }';
    const run = (factor: number) => job({ event: 'tag', commit: headCommit, project: project(served({ factor, scaling })) });
    const first = run(1);
    await deploy(first, { model }, 'configure-scaling');
    expectExit(await promote(first));
    const second = run(2);
    await deploy(second, { model });
    const since = (await cloud.journal()).length;
    const main = expectExit(await second.step('configure-scaling').done, 1);
    expect(said(main.log)).toMatchSnapshot();
    expect((await cloud.journal(since)).filter(({ operation }) => writes.test(operation))).toEqual([]);
  }));

test.concurrent('an alias that somebody weighted is neither scaled nor promoted', () =>
  inWorld('calm', { roles }, async ({ cloud, job, project }) => {
    const model = await putModel(cloud);
    const run = (factor: number) =>
      job({ event: 'tag', commit: headCommit, project: project(served({ factor, scaling: 'lambda: { provisioned: 1 }' })) });
    const weigh = (alias: string, version: string) => {
      const body = JSON.stringify({ RoutingConfig: { AdditionalVersionWeights: { [version]: 0.5 } } });
      return ask(cloud, 'lambda', 'PUT', `/2015-03-31/functions/${functionName}/aliases/${alias}`, body);
    };
    const first = run(1);
    await deploy(first, { model });
    expectExit(await promote(first));
    const second = run(2);
    await deploy(second, { model });
    await weigh('candidate', '1');
    const scaled = expectExit(await second.step('configure-scaling').done, 1);
    expect(said(scaled.log)).toMatchSnapshot('configure-scaling');
    await weigh('live', '2');
    const promoted = expectExit(await promote(second), 1);
    expect(said(promoted.log)).toMatchSnapshot('promote-endpoint');
  }));
