import { describe, expect, test } from '@jest/globals';
import { base, linesOf, problemsOf, specOf } from './support.ts';

const runs = (run: string, more = '') => `${base}train: { max-runtime: 2h, runs: { one: ${run} }${more} }\n`;
const tune = (members: string) =>
  `${base}metrics: { loss: '([0-9.]+)' }\ntune: { objective: minimize loss, ranges: { lr: [1, 2] }, max-jobs: 2, instance-type: ml.m5.xlarge, max-runtime: 1h, ${members} }\n`;
const smoke = (members: string) =>
  `${base}smoke:\n  - { name: a, event: { json: 1 }, expect: { status: 200 } }\n  - ${members}\n`;

const byText = (a: unknown, b: unknown) => String(a).localeCompare(String(b));

/** Text of a file, and the problems as `key: message`, which must be all of them. */
const refused: [string, unknown[]][] = [
  ['{}', ['name: It is missing; it must be a name of a-z, 0-9 and -, beginning with a letter, of at most 20.']],
  ['name:', ['name: It is empty; it must be a name of a-z, 0-9 and -, beginning with a letter, of at most 20.']],
  ['name: 7up', ['name: It is "7up"; it must be a name of a-z, 0-9 and -, beginning with a letter, of at most 20.']],
  ['name: 7', ['name: It is 7; it must be a name of a-z, 0-9 and -, beginning with a letter, of at most 20.']],
  [
    `name: ${'a'.repeat(21)}`,
    [`name: It is "${'a'.repeat(21)}"; it must be a name of a-z, 0-9 and -, beginning with a letter, of at most 20.`],
  ],
  ['name: a\nregion: Virginia', ['region: It is "Virginia"; it must be an AWS region such as us-east-1.']],
  ['name: a\nbudget: { per-run: 0 }', ['budget.per-run: It is 0; it must be an amount in USD above 0.']],
  ['name: a\nbudget: { per-run: "5" }', ['budget.per-run: It is "5"; it must be an amount in USD above 0.']],
  ['name: a\nbudget: { per-run: .inf }', ['budget.per-run: It is .inf; it must be an amount in USD above 0.']],
  ['name: a\nbudget: 5', ['budget: It is 5; it must be a map with the keys per-run, per-pull-request, endpoint-per-month.']],
  [
    'name: a\nbugdet: { per-run: 5 }',
    [expect.stringMatching(/^bugdet: There is no key "bugdet" here; .* Did you mean budget\?$/)],
  ],
  ['name: a\nnetwork: { isolation: yes }', ['network.isolation: It is "yes"; it must be true or false.']],
  [
    'name: a\nnetwork: { subnets: [subnet-0a1b2c3d] }',
    ['network.security-groups: Subnets and security groups are needed together; it is missing.'],
  ],
  [
    'name: a\nnetwork: { subnets: [subnet-0a1b2c3d, vpc-1], security-groups: [] }',
    [
      'network.subnets[1]: It is "vpc-1"; it must be a subnet id such as subnet-0a1b2c3d.',
      'network.security-groups: It is a list; it must be a list of 1 to 5 security group ids.',
    ],
  ],
  [
    'name: a\nroles: { training: role/x }',
    ['roles.training: It is "role/x"; it must be the ARN of an IAM role: arn:aws:iam::<12 digits>:role/<name>.'],
  ],
  [
    'name: a\nroles: { ec2: "arn:aws:iam::123456789012:instance-profile/x" }',
    ['roles.ec2: It is "arn:aws:iam::123456789012:instance-profile/x"; it must be the name of an instance profile.'],
  ],
  ['name: a\nvolume-gb: 1.5', ['volume-gb: It is 1.5; it must be a whole number of GB from 1 to 16384.']],
  ['name: a\ntags: { "aws:x": y }', [expect.stringContaining('tags.aws:x: The name "aws:x" is not allowed here')]],
  ['name: a\ntags: { "trainyard:run": y }', [expect.stringContaining('is not allowed here')]],
  ['name: a\nenvironment: { 1A: x }', [expect.stringContaining('environment.1A: The name "1A" is not allowed')]],
  ['name: a\nimage: pytorch-2.10', [expect.stringContaining('Did you mean pytorch-2.10-cpu?')]],
  ['name: a\nrequest: { trainng-job: { a: 1 } }', [expect.stringContaining('Did you mean training-job?')]],
  [
    'name: a\ntrain: { max-runtime: 1h, runs: { a: { instance-type: ml.m5.xlarge } } }',
    ['code: It is missing, and needed by train.', 'image: It is missing; SageMaker trains inside an image.'],
  ],
  [
    `${base}train: { max-runtime: 2 hours, runs: {} }`,
    [
      'train.max-runtime: It is "2 hours"; it must be a duration such as 90s, 30m, 2h or 1d.',
      'train.runs: It is a map with 0 entries; it must be at least one run.',
    ],
  ],
  [
    `${base}train: { max-runtime: 29d, runs: { a: { instance-type: ml.m5.xlarge } } }`,
    ['train.max-runtime: It is 29d; SageMaker ends every job after 28d.'],
  ],
  [runs('{ instance-typ: ml.m5.xlarge }'), [expect.stringContaining('Did you mean instance-type?')]],
  [runs('{ instance-type: [] }'), ['train.runs.one.instance-type: It is a list; it must be a list of 1 to 5 instance types.']],
  [
    runs('{ instance-type: m5.xlarge }'),
    ['train.runs.one.instance-type: SageMaker has no instance type "m5.xlarge" for training. Did you mean ml.m5.xlarge?'],
  ],
  [
    runs('{ instance-type: [ml.m5.xlarge, ml.m5.xlarge] }'),
    ['train.runs.one.instance-type[1]: ml.m5.xlarge is in the list twice.'],
  ],
  [
    runs('{ instance-type: [ml.m5.xlarge, 3] }'),
    ['train.runs.one.instance-type[1]: It is 3; it must be an instance type such as ml.m5.xlarge.'],
  ],
  [
    runs('{ on: ec2, instance-type: ml.g4dn.xlarge }'),
    ['train.runs.one.instance-type: "ml.g4dn.xlarge" is a SageMaker type; EC2\'s have no ml. in front.'],
  ],
  [
    runs('{ on: ec2, instance-type: g4dn.xlarge, instance-count: 2, keep-alive: 5m }'),
    [
      'train.runs.one.instance-count: It is 2; a run on EC2 has one machine.',
      'train.runs.one.keep-alive: Machines of EC2 are ended after the run.',
    ],
  ],
  [
    runs('{ on: ec2, instance-type: [g4dn.xlarge, m5.xlarge] }'),
    ['train.runs.one.instance-type: g4dn.xlarge has a GPU and m5.xlarge has none: one machine image does not fit both.'],
  ],
  [
    runs('{ on: ec2, instance-type: m5.xlarge, spot: true, max-wait: 3h }'),
    ['train.runs.one.max-wait: A spot run on EC2 waits for nothing: it falls back to on demand.'],
  ],
  [
    runs('{ on: ec2, instance-type: m5.xlarge }').replace(/image: \S+/, 'image: pytorch-2.13-gpu'),
    ['train.runs.one.instance-type: The image pytorch-2.13-gpu is for machines with a GPU, and m5.xlarge has none.'],
  ],
  [
    `${runs('{ on: ec2, instance-type: m5.xlarge }')}network: { isolation: true }\n`,
    ['train.runs.one.on: Machines of EC2 cannot be isolated: they fetch code and data and tell of their work by the network.'],
  ],
  [
    runs('{ on: sagemakr, instance-type: ml.m5.xlarge }'),
    ['train.runs.one.on: It is "sagemakr"; it must be one of sagemaker, ec2.'],
  ],
  [
    runs('{ instance-type: ml.m5.xlarge, instance-count: 0 }'),
    ['train.runs.one.instance-count: It is 0; it must be a whole number from 1 to 100.'],
  ],
  [
    runs('{ instance-type: ml.m5.xlarge, spot: true }'),
    ['train.runs.one.max-wait: It is missing; a spot run needs the time for waiting and training together.'],
  ],
  [
    runs('{ instance-type: ml.m5.xlarge, spot: true, max-wait: 1h }'),
    ['train.runs.one.max-wait: It is 1h, less than max-runtime (2h); it holds waiting and training together.'],
  ],
  [
    runs('{ instance-type: ml.m5.xlarge, spot: true, max-wait: 1 hour }'),
    ['train.runs.one.max-wait: It is "1 hour"; it must be a duration such as 90s, 30m, 2h or 1d.'],
  ],
  [runs('{ instance-type: ml.m5.xlarge, max-wait: 3h }'), ['train.runs.one.max-wait: It has a meaning for spot runs only.']],
  [
    runs('{ instance-type: ml.m5.xlarge, spot: true, max-wait: 3h, keep-alive: 5m }'),
    ['train.runs.one.keep-alive: Spot machines cannot be kept warm.'],
  ],
  [
    runs('{ instance-type: ml.m5.xlarge, keep-alive: 7h }'),
    ['train.runs.one.keep-alive: It is 7h; SageMaker keeps machines warm for 6h at most.'],
  ],
  [
    runs('{ instance-type: ml.m5.xlarge, max-runtime: 40d }'),
    ['train.runs.one.max-runtime: It is 40d; SageMaker ends every job after 28d.'],
  ],
  [
    `${base}train: { max-runtime: 1h, runs: { One: { instance-type: ml.m5.xlarge } } }`,
    [
      'train.runs.One: The name "One" is not allowed here: it must be a label of a-z, 0-9 and -, beginning with a letter, of at most 20.',
    ],
  ],
  [`${base}hyperparameters: { -x: 1 }`, [expect.stringContaining('The name "-x" is not allowed')]],
  [`${base}hyperparameters: { sagemaker_program: x }`, [expect.stringContaining('is not allowed')]],
  [
    `${base}hyperparameters: { x: }`,
    ['hyperparameters.x: It is empty; it must be a text, a number, true, false, a list or a map.'],
  ],
  [`${base}hyperparameters: { x: ${'y'.repeat(2501)} }`, ['hyperparameters.x: It has 2501 characters; SageMaker takes 2500.']],
  [
    `${base}hyperparameters: { ${Array.from({ length: 101 }, (_, index) => `x${index}: 1`).join(', ')} }`,
    ['hyperparameters: It is a map with 101 entries; it must be at most 100 hyperparameters.'],
  ],
  [`${base}metrics: { loss: 'loss: [0-9.]+' }`, [expect.stringContaining('it has 0 groups')]],
  [`${base}metrics: { loss: '(a)(b)' }`, [expect.stringContaining('it has 2 groups')]],
  [`${base}metrics: { loss: '(a' }`, [expect.stringContaining('Unterminated group')]],
  [`${base}metrics: { loss: '(${'a'.repeat(499)})' }`, [expect.stringContaining('longer than 500')]],
  [
    `${base}metrics: { ${Array.from({ length: 41 }, (_, index) => `m${index}: (x)`).join(', ')} }`,
    ['metrics: It is a map with 41 entries; it must be at most 40 metrics.'],
  ],
  [`${base}data: { code: { from: x } }`, [expect.stringContaining('the name code is reserved')]],
  [
    `${base}data: { a: { from: 'http://example.com/a.zip', to: s3://bucket-a/b } }`,
    [expect.stringContaining('"http://example.com/a.zip"; it must be an https:// address')],
  ],
  [
    `${base}data: { a: { from: 'https://user:secret@example.com/a.zip', to: s3://bucket-a/b } }`,
    [expect.stringContaining('without user and password')],
  ],
  [
    `${base}data: { a: { from: 'https://example.com/a.zip' } }`,
    ['data.a.to: It is missing; data from an https address is staged in S3 first.'],
  ],
  [
    `${base}data: { a: { from: s3://bucket-a/b, to: s3://bucket-a/c } }`,
    ['data.a.to: It has no meaning here: "s3://bucket-a/b" is used where it is.'],
  ],
  [
    `${base}data: { a: { from: data, to: s3://bucket-a/c } }`,
    ['data.a.to: It has no meaning here: "data" is uploaded by its content.'],
  ],
  [`${base}data: { a: { from: s3://Bucket/b } }`, [expect.stringContaining('"s3://Bucket/b"; it must be')]],
  [`${base}data: { a: { from: ../secrets } }`, [expect.stringContaining('"../secrets"; it must be')]],
  [tune('strategy: gird'), ['tune.strategy: It is "gird"; it must be one of bayesian, random, grid, hyperband.']],
  [
    tune('strategy: hyperband, early-stopping: true'),
    ['tune.early-stopping: Hyperband stops jobs by itself; AWS refuses both together.'],
  ],
  [tune('max-parallel-jobs: 3'), ['tune.max-parallel-jobs: It is 3, more than max-jobs (2).']],
  [
    tune('max-jobs: 2').replace('max-jobs: 2, ', '').replace('loss, ranges', 'lsos, ranges'),
    ['tune.objective: There is no metric lsos under metrics; there are loss. Did you mean loss?'],
  ],
  [
    tune('strategy: grid').replace('[1, 2]', '{ min: 1, max: 2 }'),
    ['tune.ranges.lr: The strategy grid tries lists of values only; it is a map with min and max.'],
  ],
  [tune('strategy: random').replace('[1, 2]', '{ min: 2, max: 2 }'), ['tune.ranges.lr.max: It is 2, not more than min (2).']],
  [
    tune('strategy: random').replace('[1, 2]', '{ min: 0, max: 2, scale: log }'),
    ['tune.ranges.lr.min: It is 0; a logarithmic range begins above 0.'],
  ],
  [
    tune('strategy: random').replace('[1, 2]', '{ min: 0, max: 2, scale: reverse-log }'),
    ['tune.ranges.lr.scale: A reverse-log range lies within 0 and 1 (without 1); it is 0 to 2.'],
  ],
  [tune('strategy: random').replace('[1, 2]', '{ mn: 0, max: 2 }'), [expect.stringContaining('Did you mean min?')]],
  [
    tune('strategy: random').replace('max-runtime: 1h, ', ''),
    ['tune.max-runtime: It is missing, and there is no train.max-runtime either.'],
  ],
  [
    tune('strategy: random').replace('ml.m5.xlarge', 'ml.t2.medium'),
    [expect.stringContaining('no instance type "ml.t2.medium" for training')],
  ],
  [tune('strategy: random').replace("'([0-9.]+)'", "'x'"), [expect.stringContaining('metrics.loss')]],
  [
    `${base}serve: { entry-point: i.py, instance-type: ml.m5.large, lambda: { timeout: 16m, memory-mb: 100 } }`,
    [
      'serve.lambda.memory-mb: It is 100; it must be a whole number of MB from 128 to 10240.',
      'serve.lambda.timeout: It is 16m; a function runs for 15m at most.',
    ],
  ],
  [
    `${base}serve: { entry-point: i.py, instance-type: ml.p9.large }`,
    [expect.stringContaining('no instance type "ml.p9.large" for hosting')],
  ],
  [
    'name: a\ncode: { directory: a, entry-point: b }\nserve: { entry-point: i.py, instance-type: ml.m5.large }',
    ['serve.image: It is missing, and there is no image of the whole file either.'],
  ],
  [
    `${base}scaling: { endpoint: { min: 3, max: 2, invocations-per-minute: 1 }, lambda: { provisioned: 3, reserved: 2 } }`,
    [
      'scaling.endpoint.max: It is 2, less than min (3).',
      'scaling.lambda.provisioned: It is 3, more than reserved (2); provisioned environments count against it.',
    ],
  ],
  [smoke('{ name: a, event: { json: 1 }, expect: { status: 200 } }'), ['smoke[1].name: Another case has this name already.']],
  [
    smoke('{ name: b, event: { json: 1, file: x }, expect: { status: 200 } }'),
    ['smoke[1].event: It has file and json; it must have one of file, url, json.'],
  ],
  [
    smoke('{ name: b, event: {}, expect: {} }'),
    [
      'smoke[1].event: It has none of them; it must have one of file, url, json.',
      'smoke[1].expect: It expects nothing, so the case could never fail.',
    ],
  ],
  [
    smoke("{ name: b, event: { url: 'http://x' }, expect: { status: 20 } }"),
    [
      'smoke[1].event.url: It is "http://x"; it must be an https:// address.',
      'smoke[1].expect.status: It is 20; it must be a whole number from 100 to 599.',
    ],
  ],
];

describe('refused', () => {
  test.each(refused)('file %#', (text, messages) => {
    const seen = problemsOf(text).map(({ name, message }) => `${name}: ${message}`);
    expect(seen.toSorted(byText)).toEqual(messages.toSorted(byText));
    expect(problemsOf(text).every(({ fix, where }) => fix !== '' && where?.file === 'trainyard.yml')).toBe(true);
  });

  test.each(['/etc/passwd', '../x', 'a/../../x', 'a/..', '..', '~/x', 'a\\b', '', '"a\\u0000b"'])('the path %s', (path) => {
    const problems = problemsOf(`name: a\ncode: { directory: ${path === '' ? "''" : path}, entry-point: train.py }`);
    expect(problems).toMatchObject([
      { name: 'code.directory', message: expect.stringContaining('a path inside the repository') },
    ]);
  });

  test.each(['.', 'a', 'a/b', './a', 'a..b', '..a', 'a/', 'ä/ö'])('the path %s is allowed', (path) => {
    expect(problemsOf(`name: a\ncode: { directory: ${path}, entry-point: train.py }`)).toEqual([]);
  });

  test.each([
    'ab',
    'Abc',
    'a_b',
    '-abc',
    'abc-',
    'a..b',
    '192.168.0.1',
    'xn--abc',
    'sthree-abc',
    'abc-s3alias',
    'abc--ol-s3',
    'a'.repeat(64),
  ])('the bucket %s', (bucket) => {
    expect(problemsOf(`name: a\nbucket: ${bucket}`)).toMatchObject([{ name: 'bucket' }]);
  });

  test.each(['abc', 'a.b-c.d', '1ab', '192.168.0.a', 'a'.repeat(63)])('the bucket %s is allowed', (bucket) => {
    expect(specOf(`name: a\nbucket: ${bucket}`).bucket).toBe(bucket);
  });
});

describe('all at once', () => {
  test('wrong values do not hide what is wrong between the others', () => {
    expect(
      linesOf(`name: Dogs
image: pytorch-2.10-cpu
train:
  max-runtime: 2 hours
  runs:
    a: { instance-type: ml.m5.xlarge, spot: true, instance-count: two }
    b: { instance-type: m5.xlarge }
`),
    ).toEqual([
      '1 name: It is "Dogs"; it must be a name of a-z, 0-9 and -, beginning with a letter, of at most 20.',
      '1 code: It is missing, and needed by train.',
      '4 train.max-runtime: It is "2 hours"; it must be a duration such as 90s, 30m, 2h or 1d.',
      '6 train.runs.a.instance-count: It is "two"; it must be a whole number from 1 to 100.',
      '6 train.runs.a.max-wait: It is missing; a spot run needs the time for waiting and training together.',
      '7 train.runs.b.instance-type: SageMaker has no instance type "m5.xlarge" for training. Did you mean ml.m5.xlarge?',
    ]);
  });

  test('of thousands the first two hundred are told, and that there are more', () => {
    const keys = Array.from({ length: 3000 }, (_, index) => `key-${index}: x`);
    const problems = problemsOf(`name: a\n${keys.join('\n')}\n`);
    expect(problems).toHaveLength(201);
    expect(problems.map(({ message }) => message)).toContain('There are more problems than these.');
  });

  test('a value is shown on one line and cut', () => {
    const [problem] = problemsOf(`name: "${'x\\n'.repeat(100)}"`);
    expect(problem?.message).not.toContain('\n');
    expect(problem?.message.length).toBeLessThan(300);
  });
});

describe('environments', () => {
  const text = `${base}bucket: bucket-dev
hyperparameters: { epochs: 5, lr: 0.10 }
train: { max-runtime: 1h, runs: { one: { instance-type: [ml.m5.xlarge, ml.m6i.xlarge] } } }
environments:
  production:
    bucket: bucket-prod
    hyperparameters: { epochs: 50 }
    train: { runs: { one: { instance-type: [ml.m5.2xlarge] }, two: { instance-type: ml.m5.large } } }
  staging: { name: staged }
`;

  test('maps are merged, values and lists replaced', () => {
    const spec = specOf(text, 'production');
    expect(spec).toMatchObject({
      environmentName: 'production',
      name: 'digits',
      bucket: 'bucket-prod',
      hyperparameters: { epochs: '50', lr: '0.10' },
    });
    expect(spec.train?.runs['one']?.instanceTypes).toEqual(['ml.m5.2xlarge']);
    expect(Object.keys(spec.train?.runs ?? {})).toEqual(['one', 'two']);
    expect(spec.lines).toMatchObject({ bucket: 9, 'hyperparameters.epochs': 10, 'hyperparameters.lr': 5 });
  });

  test('none chosen: the file as it stands', () => {
    const spec = specOf(text);
    expect(spec).toMatchObject({ bucket: 'bucket-dev', hyperparameters: { epochs: '5' } });
    expect('environmentName' in spec).toBe(false);
  });

  test('an unknown one lists the known', () => {
    expect(linesOf(text, 'produktion')).toEqual([
      '7 input environment: There is no "produktion" under environments; there are production, staging. Did you mean production?',
    ]);
    expect(linesOf(base, 'x')).toEqual(['1 input environment: There is no "x" under environments; there are none.']);
  });

  test('what is wrong in one that was not chosen shows too, once, where it is written', () => {
    const wrong = `${base}environments:\n  a: { bucket: NO }\n  b: { nam: x, environments: { c: {} } }\n  d:\n`;
    const lines = linesOf(wrong, 'b');
    expect(lines).toHaveLength(4);
    expect(lines.map((line) => line.slice(0, line.indexOf(': ')))).toEqual([
      '5 environments.a.bucket',
      '6 environments.b.environments',
      '6 environments.b.nam',
      '7 environments.d',
    ]);
  });
});
