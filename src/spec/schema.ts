import { z } from 'zod';
import { bucket, environmentVariables, flag, list, map, named, roleArn, text, usd, wholeNumber } from './fields.ts';
import { image, scaling, serve, smoke } from './schema-serve.ts';
import { code, data, hyperparameters, metrics, runLabel, train, tune } from './schema-train.ts';

const requestMembers = z.record(z.string().min(1), z.json(), { error: 'a map with members of the AWS request' }).optional();

export const maxEnvironments = 20;

/** What may be written in trainyard.yml, key by key. What keys say about each other is in `checks.ts`. */
export const schema = map({
  name: text('a name of a-z, 0-9 and -, beginning with a letter, of at most 20', /^[a-z][a-z0-9-]{0,19}$/).meta({
    description: 'Name of the model; everything that is created begins with it.',
    examples: ['dog-breeds'],
  }),
  region: text('an AWS region such as us-east-1', /^[a-z]{2,4}(?:-[a-z]{1,12}){1,3}-\d{1,2}$/)
    .optional()
    .meta({ description: 'AWS region. Without it the environment variable AWS_REGION counts.', examples: ['us-east-1'] }),
  bucket: bucket.optional().meta({ description: 'Bucket for code, data, models and records.', examples: ['my-ml-bucket'] }),
  roles: map({
    training: roleArn.optional().meta({ description: 'Role the training machines use.' }),
    serving: roleArn.optional().meta({ description: "Role the endpoint's machines use." }),
    lambda: roleArn.optional().meta({ description: 'Role of the Lambda function.' }),
    ec2: text('the name of an instance profile', /^[\w+=,.@-]{1,128}$/)
      .optional()
      .meta({ description: 'Instance profile of EC2 runs, by name.' }),
  })
    .optional()
    .meta({ description: 'What the machines may do. `infra/bootstrap.yml` makes them.' }),
  network: map({
    subnets: list(text('a subnet id such as subnet-0a1b2c3d', /^subnet-[0-9a-f]{8,17}$/), 16, 'subnet ids')
      .optional()
      .meta({ description: 'Subnets of the machines.' }),
    'security-groups': list(text('a security group id such as sg-0a1b2c3d', /^sg-[0-9a-f]{8,17}$/), 5, 'security group ids')
      .optional()
      .meta({ description: 'Security groups of the machines.' }),
    isolation: flag.optional().meta({ description: 'Cut the containers off from every network.', default: false }),
  })
    .optional()
    .meta({ description: 'Run inside a VPC, or without any network.' }),
  'kms-key': text('the id, alias or ARN of a KMS key', /^[A-Za-z0-9:/_-]{1,2048}$/)
    .optional()
    .meta({ description: 'KMS key that encrypts disks and results.' }),
  tags: named(
    // Botocore's pattern of a tag key; `aws:` is AWS's own and `trainyard:` is ours.
    text(
      'a tag of letters, digits, spaces and _ . : / = + - @, of at most 128, not beginning with aws: or trainyard:',
      /^(?!aws:|trainyard:)[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$/u,
    ),
    z.union([z.string().max(256), z.number(), z.boolean()], { error: 'a text of at most 256 characters' }),
    40,
    'tags',
  )
    .optional()
    .meta({ description: 'Tags of everything that is created.', examples: [{ team: 'vision' }] }),
  environment: environmentVariables
    .optional()
    .meta({ description: 'Environment variables of the training container. No place for secrets.' }),
  'volume-gb': wholeNumber(1, 16_384, 'GB').optional().meta({ description: 'Disk of each training machine in GB.', default: 30 }),
  code: code.optional().meta({ description: 'The training code.' }),
  image: image.optional().meta({
    description: 'Image that trains: a short name, or the URI of an image with Python in it.',
    examples: ['pytorch-2.10-cpu', 'scikit-learn-1.4-2'],
  }),
  data: data.optional().meta({ description: 'Data by channel. The script finds each in the folder SM_CHANNEL_<NAME>.' }),
  hyperparameters: hyperparameters.optional().meta({
    description:
      'Arguments of the script. Names and values reach it verbatim: `0.10` stays `0.10`; lists and maps arrive as JSON.',
    examples: [{ epochs: 5, 'batch-size': 64 }],
  }),
  metrics: metrics.optional().meta({
    description: 'Numbers read from the log: a name, and a regular expression with one group.',
    examples: [{ 'test-loss': 'test loss: ([0-9.]+)' }],
  }),
  tune: tune.optional().meta({ description: 'Search for the best hyperparameters (`tune-model`).' }),
  train: train.optional().meta({ description: 'The runs to train (`train-model`, `train-on-ec2`).' }),
  budget: map({
    'per-run': usd.optional().meta({ description: 'Most that one workflow run may cost, in USD.' }),
    'per-pull-request': usd.optional().meta({ description: 'Most that one pull request may cost, in USD.' }),
    'endpoint-per-month': usd.optional().meta({ description: 'Most that the endpoint may cost a month, in USD.' }),
  })
    .optional()
    .meta({ description: 'Limits that are checked before anything is started.' }),
  serve: serve.optional().meta({ description: 'The endpoint and the function in front of it (`deploy-endpoint`).' }),
  scaling: scaling.optional().meta({ description: 'How endpoint and function scale (`configure-scaling`).' }),
  smoke: smoke.optional().meta({ description: 'Calls that must succeed before a promotion (`smoke-invoke`).' }),
  environments: named(
    runLabel,
    z.record(z.string(), z.json(), { error: 'a map with any keys of this file' }),
    maxEnvironments,
    'environments',
  )
    .optional()
    .meta({
      description: 'Overlays by name, chosen by the input `environment`. Maps are merged key by key, lists and values replaced.',
    }),
  request: map({
    'training-job': requestMembers.meta({
      description: 'Members of CreateTrainingJob.',
      examples: [{ EnableInterContainerTrafficEncryption: true }],
    }),
    'tuning-job': requestMembers.meta({ description: 'Members of CreateHyperParameterTuningJob.' }),
    model: requestMembers.meta({ description: 'Members of CreateModel.' }),
    'endpoint-config': requestMembers.meta({ description: 'Members of CreateEndpointConfig.' }),
    endpoint: requestMembers.meta({ description: 'Members of CreateEndpoint and UpdateEndpoint.' }),
    instance: requestMembers.meta({ description: 'Members of RunInstances.' }),
  })
    .optional()
    .meta({ description: 'Members laid over the requests to AWS, checked against their model before anything is sent.' }),
});

/** The file as it is written, when it is valid. */
export type Written = z.infer<typeof schema>;
