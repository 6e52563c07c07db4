import { z } from 'zod';
import { duration, environmentVariables, list, map, oneOf, repositoryPath, text, wholeNumber } from './fields.ts';

export const image = text(
  'a short name such as pytorch-2.10-cpu, or the URI of an image',
  /^[A-Za-z0-9][A-Za-z0-9._:/@-]{0,254}$/,
);

export const serve = map({
  'entry-point': repositoryPath.meta({
    description: 'Script with the inference functions, inside `code.directory`.',
    examples: ['inference.py'],
  }),
  image: image
    .optional()
    .meta({ description: 'Image that serves. Without it `image` of the file is used.', examples: ['scikit-learn-1.4-2'] }),
  'instance-type': text('an instance type such as ml.m5.large', /^[a-z0-9-]+(?:\.[a-z0-9-]+){1,2}$/).meta({
    description: "Type of the endpoint's machines.",
    examples: ['ml.m5.large'],
  }),
  'instance-count': wholeNumber(1, 100).optional().meta({ description: 'Machines of the endpoint.', default: 1 }),
  strategy: oneOf(['alias', 'in-place']).optional().meta({
    description:
      '`alias`: a new endpoint beside the live one, then the Lambda alias moves. `in-place`: the endpoint of a stable name is updated.',
    default: 'alias',
  }),
  environment: environmentVariables.optional().meta({ description: 'Environment variables of the serving container.' }),
  lambda: map({
    'memory-mb': wholeNumber(128, 10_240, 'MB').optional().meta({ description: 'Memory of the function in MB.', default: 256 }),
    timeout: duration().optional().meta({ description: 'Time-out of the function, at most 15m.', default: '30s' }),
  })
    .optional()
    .meta({ description: 'The Lambda function in front of the endpoint.' }),
  'candidate-ttl': duration().optional().meta({ description: 'How long a candidate lives that nobody promotes.', default: '2h' }),
  'keep-previous': duration()
    .optional()
    .meta({ description: 'How long the endpoint before is kept for a way back.', default: '1h' }),
  rollout: map({
    kind: oneOf(['all-at-once', 'canary', 'linear', 'rolling']).meta({
      description:
        '`canary`: a part first, then the rest. `linear`: in equal parts. Both stand beside the old machines. `rolling`: replaces them part by part.',
    }),
    percent: wholeNumber(5, 50, 'per cent')
      .optional()
      .meta({ description: 'Part of the machines that one step moves. Not with all-at-once.', examples: [10] }),
    wait: duration().optional().meta({ description: 'How long a step is watched before the next, at most 1h.', default: '5m' }),
    alarms: list(text('the name of an alarm', /^[^:*]{1,255}$/), 10, 'alarms')
      .optional()
      .meta({ description: 'CloudWatch alarms; one that fires takes the update back. Without any, nothing does.' }),
  })
    .optional()
    .meta({
      description: 'How the endpoint of a stable name is updated. With `strategy: in-place` only; without it, all at once.',
    }),
});

export const scaling = map({
  endpoint: map({
    min: wholeNumber(1, 100).meta({ description: 'Fewest machines.' }),
    max: wholeNumber(1, 100).meta({ description: 'Most machines.' }),
    'invocations-per-minute': wholeNumber(1, 1_000_000).meta({
      description: 'Calls per minute and machine that scaling aims at.',
    }),
    'scale-in-cooldown': duration()
      .optional()
      .meta({ description: 'Pause before machines are taken away again.', default: '5m' }),
    'scale-out-cooldown': duration()
      .optional()
      .meta({ description: 'Pause before more machines are added again.', default: '1m' }),
  })
    .optional()
    .meta({ description: "Autoscaling of the endpoint's machines." }),
  lambda: map({
    provisioned: wholeNumber(1, 10_000).optional().meta({ description: 'Environments kept warm for the live version.' }),
    reserved: wholeNumber(1, 10_000).optional().meta({ description: 'Concurrency set aside for the function; also its limit.' }),
  })
    .optional()
    .meta({ description: 'Concurrency of the function.' }),
});

const smokeCase = map({
  name: text('a text of 1 to 100 characters', /^\S.{0,99}$/).meta({
    description: 'Name of the case in logs and reports.',
    examples: ['a known dog'],
  }),
  event: map({
    file: repositoryPath.optional().meta({ description: 'File of the repository with the event as JSON.' }),
    url: text('an https:// address', /^https:\/\/\S+$/)
      .optional()
      .meta({ description: 'https address that is sent as `{ "url": … }`.' }),
    json: z.json().optional().meta({ description: 'The event itself.' }),
  }).meta({ description: 'What the function is called with: one of `file`, `url`, `json`.' }),
  expect: map({
    status: wholeNumber(100, 599).optional().meta({ description: 'Status code of the answer.' }),
    shape: list(wholeNumber(0, 1_000_000_000), 10, 'sizes')
      .optional()
      .meta({ description: 'Sizes of the nested lists in the answer.', examples: [[1, 133]] }),
    within: duration()
      .optional()
      .meta({ description: 'Longest time the answer may take.', examples: ['5s'] }),
    'arg-max': wholeNumber(0, 1_000_000_000).optional().meta({ description: 'Index of the largest number of the answer.' }),
    json: z.record(z.string(), z.json(), { error: 'a map' }).optional().meta({ description: 'Members the answer must have.' }),
    golden: map({
      file: repositoryPath.meta({ description: 'File of the repository with the expected numbers as JSON.' }),
      tolerance: z
        .number({ error: 'a number of 0 or more' })
        .min(0, { error: 'a number of 0 or more' })
        .meta({ description: 'Largest difference of any number.' }),
    })
      .optional()
      .meta({ description: 'Numbers the answer must agree with.' }),
  }).meta({ description: 'What the answer must be. At least one of its keys.' }),
  repeat: wholeNumber(1, 1000).optional().meta({ description: 'How often the case is called.', default: 1 }),
  concurrency: wholeNumber(1, 100).optional().meta({ description: 'How many of those calls run at once.', default: 1 }),
});

export const smoke = list(smokeCase, 100, 'cases');
