import { z } from 'zod';
import { sourceText } from './data-source.ts';
import { duration, flag, list, map, named, oneOf, repositoryPath, s3UriPattern, text, verbatim, wholeNumber } from './fields.ts';

const instanceType = text('an instance type such as ml.m5.xlarge', /^[a-z0-9-]+(?:\.[a-z0-9-]+){1,2}$/);

const hyperparameterName = text(
  'a name of letters, digits, _, . and -, of at most 256, not beginning with - or sagemaker_',
  /^(?!sagemaker_)[A-Za-z0-9_][A-Za-z0-9_.-]{0,255}$/,
);

export const hyperparameters = named(hyperparameterName, verbatim, 100, 'hyperparameters');

/** Why a metric's regular expression cannot be used; undefined when it can. */
function findRegexFault(regex: string): string | undefined {
  if (regex.length > 500) return 'it is longer than 500 characters';
  try {
    const groups = (new RegExp(`${regex}|`).exec('')?.length ?? 1) - 1;
    return groups === 1 ? undefined : `it has ${groups} groups`;
  } catch (error) {
    return error instanceof Error ? error.message.replaceAll(/\s+/g, ' ') : 'it does not compile';
  }
}

const metricRegex = z
  .string({ error: 'a regular expression with exactly one group, around the number' })
  .refine((regex) => findRegexFault(regex) === undefined, {
    error: (issue) =>
      `a regular expression of at most 500 characters with exactly one group, around the number (${findRegexFault(String(issue.input))})`,
  });

export const metrics = named(
  text('a name of letters, digits, ., _, : and -, of at most 64', /^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/),
  metricRegex,
  40,
  'metrics',
);

const channel = map({
  from: sourceText.meta({
    description:
      'Where the data comes from: the https address of a zip, tar or tar.gz archive, an s3:// prefix, or a folder of the repository.',
    examples: ['https://example.com/images.zip', 's3://my-ml-bucket/images', 'training/digits/data'],
  }),
  to: text('an s3:// prefix such as s3://my-ml-bucket/images', s3UriPattern)
    .optional()
    .meta({
      description: 's3:// prefix the data is staged to. For an https source only, and needed there.',
      examples: ['s3://my-ml-bucket/images'],
    }),
});

export const data = named(
  text(
    'a channel name of letters, digits, ., _ and -, of at most 64; the name code is reserved',
    /^(?!code$)[A-Za-z0-9._-]{1,64}$/,
  ),
  channel,
  19,
  'data channels',
);

export const code = map({
  directory: repositoryPath.meta({
    description: 'Folder that is packed and sent to the machines.',
    examples: ['training/digits'],
  }),
  'entry-point': repositoryPath.meta({ description: 'Script inside that folder that trains.', examples: ['train.py'] }),
});

const run = map({
  on: oneOf(['sagemaker', 'ec2'])
    .optional()
    .meta({ description: 'What the run uses. `train-on-ec2` trains the runs that say `ec2`.', default: 'sagemaker' }),
  'instance-type': z
    .union([instanceType, list(instanceType, 5, 'instance types')], {
      error: 'an instance type such as ml.m5.xlarge, or a list of them',
    })
    .meta({
      description: 'Type of the machines, or a list in order of preference: the next is tried when AWS has no capacity.',
      examples: ['ml.m5.xlarge', ['ml.m5.2xlarge', 'ml.m6i.2xlarge']],
    }),
  'instance-count': wholeNumber(1, 100).optional().meta({ description: 'How many machines train together.', default: 1 }),
  'volume-gb': wholeNumber(1, 16_384, 'GB')
    .optional()
    .meta({ description: 'Disk of each machine in GB, instead of `volume-gb` of the file.' }),
  'max-runtime': duration()
    .optional()
    .meta({ description: 'Time after which this run is stopped, instead of `train.max-runtime`.', examples: ['30m'] }),
  spot: flag
    .optional()
    .meta({ description: 'Train on spare capacity: cheaper, may be interrupted. Needs `max-wait`.', default: false }),
  'max-wait': duration()
    .optional()
    .meta({ description: 'For spot: the longest time for waiting and training together.', examples: ['4h'] }),
  'keep-alive': duration()
    .optional()
    .meta({
      description: 'Keep the machines warm, and billed, this long after the run. At most 6h; not with spot.',
      examples: ['10m'],
    }),
  hyperparameters: hyperparameters.optional().meta({ description: 'Laid over `hyperparameters` of the file for this run.' }),
});

export const runLabel = text('a label of a-z, 0-9 and -, beginning with a letter, of at most 20', /^[a-z][a-z0-9-]{0,19}$/);

export const train = map({
  'max-runtime': duration().meta({
    description: 'Time after which a run is stopped. The cost ceiling is computed from it.',
    examples: ['2h'],
  }),
  runs: named(runLabel, run, 20, 'runs')
    .refine((runs) => Object.keys(runs).length > 0, { error: 'at least one run' })
    .meta({ description: 'The runs to train, by label. They are compared side by side in the report.' }),
});

const number = z.number({ error: 'a number' });
const categories = list(
  z.union([z.string().min(1).max(256), z.number(), z.boolean()], {
    error: 'a text of 1 to 256 characters, a number, true or false',
  }),
  30,
  'values',
);
const range = z.union(
  [
    map({
      min: number.meta({
        description: 'Smallest value. Whole numbers for both, as `16`, make an integer range; `16.0` a continuous one.',
      }),
      max: number.meta({ description: 'Largest value.' }),
      scale: oneOf(['auto', 'linear', 'log', 'reverse-log'])
        .optional()
        .meta({ description: 'How values are spread over the range.', default: 'auto' }),
    }),
    categories,
  ],
  { error: 'a list of values, or a map with min, max and scale' },
);

export const tune = map({
  objective: text(
    'minimize or maximize, and the name of a metric: `minimize test-loss`',
    /^(?:minimize|maximize) [A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/,
  ).meta({
    description: 'What to optimise: `minimize` or `maximize`, and a name under `metrics`.',
    examples: ['minimize test-loss'],
  }),
  strategy: oneOf(['bayesian', 'random', 'grid', 'hyperband'])
    .optional()
    .meta({ description: 'How the next values are chosen.', default: 'bayesian' }),
  ranges: named(hyperparameterName, range, 30, 'ranges')
    .refine((ranges) => Object.keys(ranges).length > 0, { error: 'at least one range' })
    .meta({
      description: 'Hyperparameters to vary: `{ min, max, scale }` or a list of values.',
      examples: [{ 'learning-rate': { min: 0.001, max: 0.1, scale: 'log' }, 'batch-size': [32, 64, 128] }],
    }),
  'max-jobs': wholeNumber(1, 750).meta({ description: 'How many jobs are tried.' }),
  'max-parallel-jobs': wholeNumber(1, 100).optional().meta({ description: 'How many of them run at once.', default: 1 }),
  'instance-type': instanceType.meta({ description: 'Type of the machines.', examples: ['ml.m5.xlarge'] }),
  'instance-count': wholeNumber(1, 100).optional().meta({ description: 'Machines of each job.', default: 1 }),
  'max-runtime': duration()
    .optional()
    .meta({ description: 'Time after which a job is stopped. Without it `train.max-runtime` counts.' }),
  'early-stopping': flag
    .optional()
    .meta({ description: 'Stop jobs that will not win. Not with hyperband, which does so by itself.', default: false }),
  'warm-start': oneOf(['none', 'main'])
    .optional()
    .meta({ description: '`main` begins with what the newest tuning of the default branch learned.', default: 'none' }),
});
