import { expect, test } from '@jest/globals';
import { bucket } from '../support/facts.ts';
import type { ProjectChanges } from '../support/job.ts';
import { annotations, stable } from '../support/stable.ts';
import { inWorld, weathers } from '../support/world.ts';

const writes = new Set(['PutObject', 'CreateMultipartUpload', 'CreateTrainingJob', 'AddTags', 'DeleteObject']);
const spec = (from: string, to: string): ProjectChanges => ({ spec: (text) => text.replace(from, to) });
const more = (text: string): ProjectChanges => ({ spec: (before) => `${before}${text}\n` });

/** What is wrong, the project that is, and the inputs that are. */
const refusals: [name: string, changes: ProjectChanges, inputs: Record<string, string>][] = [
  [
    'several mistakes at once',
    {
      spec: (text) =>
        text
          .replace('instance-type:', 'instance-typ:')
          .replace('max-runtime: 5m', 'max-runtime: 5 parsecs')
          .replace('name: digits', 'name: Digits!'),
    },
    {},
  ],
  ['an instance type that SageMaker does not train on', spec('ml.m5.xlarge', 'ml.m5.gigantic'), {}],
  ['a bucket that does not exist', spec(`bucket: ${bucket}`, 'bucket: octo-lost'), {}],
  ['a budget that the ceiling exceeds', more('budget: { per-run: 0.01 }'), {}],
  ['a budget of the pull request that the ceilings exceed', more('budget: { per-pull-request: 0.01 }'), {}],
  [
    'an unknown price under a budget',
    { spec: (text) => `${text.replace('ml.m5.xlarge', 'ml.trn1.32xlarge')}budget: { per-run: 5 }\n` },
    {},
  ],
  ['a cost above the input max-cost-usd', {}, { 'max-cost-usd': '0.001' }],
  ['an input with a value that is not allowed', {}, { force: 'perhaps', 'max-cost-usd': 'plenty' }],
  ['an unknown run', {}, { runs: 'singel' }],
  ['a hyperparameter that cannot be read', {}, { hyperparameters: 'epochs' }],
  ['a script that is not there', spec('entry-point: train.py', 'entry-point: trian.py'), {}],
  ['data that is not there', spec('from: data', 'from: dada'), {}],
  ['an image that nobody knows', spec('scikit-learn-1.4-2', 'scikit-lern-1.4-2'), {}],
  ['a metric whose regular expression is none', spec("'test loss: ([0-9.]+)'", "'test loss: ([0-9.]+'"), {}],
  ['a spec that is not there', {}, { spec: 'models/trainyard.yml' }],
  ['a spec that is not YAML', spec('code: {', 'code: {{'), {}],
  ['an unknown environment', {}, { environment: 'prodction' }],
  ['an override that the service does not have', more('request: { training-job: { EnableNetworkIsolatoin: true } }'), {}],
];

test.concurrent.each(
  refusals.flatMap(([name, changes, inputs]) => weathers.map((weather) => [name, weather, changes, inputs] as const)),
)('refused before anything is written: %s, in %s weather', (_name, weather, changes, inputs) =>
  inWorld(weather, {}, async ({ cloud, job, project }) => {
    const step = job({ project: project(changes) });
    const main = await step.train(inputs).done;
    expect(main.exitCode).toBe(1);
    const said = annotations(main.log).map(({ level, properties, message }) => `${level} ${properties}\n${message}`);
    expect(stable(said.join('\n\n'))).toMatchSnapshot();
    const post = await step.afterTrain(main, inputs).done;
    expect(post.exitCode).toBe(0);
    expect((await cloud.journal()).filter(({ operation }) => writes.has(operation))).toEqual([]);
  }),
);
