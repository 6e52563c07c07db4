import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import { arn, type Functions, handlerOf, refusalOf, startFunctions, zip } from './local-functions.ts';

const slow = { functionMs: { create: 150, update: 150, publish: 150, provision: 0 } };
const one = handlerOf('return 1;');
const two = handlerOf('return 2;');
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('base64');

let functions: Functions;
beforeEach(async () => {
  functions = await startFunctions();
});
afterEach(() => functions.close());

const conflict = (message: RegExp) => ({ code: 'ResourceConflictException', message: expect.stringMatching(message) });
const latest = (from = functions) => from.handlers.GetFunctionConfiguration({ FunctionName: 'f' });

describe('creating a function', () => {
  test('shows what was asked for, and what AWS adds', async () => {
    const made = await functions.create(one, { Description: 'd', Environment: { Variables: { A: '1' } }, Tags: { k: 'v' } });
    expect(made).toMatchObject({ State: 'Pending', StateReasonCode: 'Creating', FunctionArn: arn });
    expect(latest()).toMatchObject({
      State: 'Active',
      LastUpdateStatus: 'Successful',
      Version: '$LATEST',
      CodeSha256: sha256(one),
      CodeSize: one.byteLength,
      Timeout: 3,
      MemorySize: 128,
      Runtime: 'nodejs24.x',
      Description: 'd',
      Environment: { Variables: { A: '1' } },
    });
    expect(functions.handlers.GetFunction({ FunctionName: 'f' })).toMatchObject({
      Tags: { k: 'v' },
      Configuration: { FunctionArn: arn },
    });
    expect(functions.handlers.ListFunctions({}).Functions).toHaveLength(1);
  });

  test('takes the archive from S3', async () => {
    const path = join(functions.cloud.folder, 'archive');
    await writeFile(path, one);
    await functions.cloud.buckets.putFile('bucket', 'code.zip', path);
    await functions.create(one, { Code: { S3Bucket: 'bucket', S3Key: 'code.zip' } });
    expect(await functions.invoke()).toMatchObject({ value: 1 });
  });

  test('makes one of two that come at once', async () => {
    const both = await Promise.allSettled([functions.create(one), functions.create(two)]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  const escaping = zipSync({ '../../evil.mjs': new Uint8Array(1) });
  test.each<[string, object, string, string | RegExp]>([
    [
      'a role nobody may take',
      { Role: 'arn:aws:iam::000000000000:role/other' },
      'InvalidParameterValueException',
      'The role defined for the function cannot be assumed by Lambda.',
    ],
    [
      'what is no archive',
      { Code: { ZipFile: Buffer.from('no archive') } },
      'InvalidParameterValueException',
      'Could not unzip uploaded file. Please check your file, then try to upload again.',
    ],
    [
      'half an archive',
      { Code: { ZipFile: one.slice(0, 60) } },
      'InvalidParameterValueException',
      /^Could not unzip uploaded file/,
    ],
    [
      'an empty archive',
      { Code: { ZipFile: zipSync({}) } },
      'InvalidParameterValueException',
      'Uploaded file must be a non-empty zip',
    ],
    [
      'an archive that leaves its folder',
      { Code: { ZipFile: escaping } },
      'InvalidParameterValueException',
      /lies outside the archive/,
    ],
    ['no code', { Code: {} }, 'InvalidParameterValueException', 'Please provide a source for function code.'],
    ['a missing bucket', { Code: { S3Bucket: 'other', S3Key: 'k' } }, 'InvalidParameterValueException', /NoSuchBucket/],
    ['a missing object', { Code: { S3Bucket: 'bucket', S3Key: 'k' } }, 'InvalidParameterValueException', /NoSuchKey/],
    [
      'a runtime of the past',
      { Runtime: 'nodejs20.x' },
      'InvalidParameterValueException',
      /^The runtime parameter of nodejs20\.x/,
    ],
    ['no handler', { Handler: undefined }, 'InvalidParameterValueException', /^Runtime and Handler are mandatory/],
    ['an image', { PackageType: 'Image' }, 'InvalidParameterValueException', /not executed by the local cloud/],
    ['layers', { Layers: ['arn'] }, 'InvalidParameterValueException', /does not execute Layers/],
    [
      '16 minutes',
      { Timeout: 960 },
      'InvalidParameterValueException',
      /'timeout' failed to satisfy constraint: Member must have value less than or equal to 900/,
    ],
    ['32 GB', { MemorySize: 32_768 }, 'InvalidParameterValueException', /'memorySize'/],
    [
      'a variable of AWS',
      { Environment: { Variables: { AWS_REGION: 'x' } } },
      'InvalidParameterValueException',
      /Reserved keys used in this request: AWS_REGION$/,
    ],
    [
      'more than 4 KB of variables',
      { Environment: { Variables: { A: 'x'.repeat(4096) } } },
      'InvalidParameterValueException',
      /exceeded the 4KB limit/,
    ],
  ])('refuses %s', async (_what, more, code, message) => {
    const refusal = await refusalOf(() => functions.create(one, more));
    expect(refusal).toMatchObject({ code, message: typeof message === 'string' ? message : expect.stringMatching(message) });
    expect(functions.handlers.ListFunctions({}).Functions).toEqual([]);
  });

  test('refuses a name that is taken', async () => {
    await functions.create(one);
    expect(await refusalOf(() => functions.create(one))).toMatchObject({
      code: 'ResourceConflictException',
      message: 'Function already exist: f',
    });
  });
});

describe('while something is under way', () => {
  let there: Functions;
  beforeEach(async () => {
    there = await startFunctions({}, slow);
  });
  afterEach(() => there.close());
  const ready = () =>
    there.until(
      () => latest(there),
      ({ State, LastUpdateStatus }) => State === 'Active' && LastUpdateStatus === 'Successful',
    );

  test('a new function can be neither called nor changed', async () => {
    await there.create(one);
    expect(latest(there)).toMatchObject({ State: 'Pending' });
    const pending =
      /^The operation cannot be performed at this time\. The function is currently in the following state: Pending$/;
    for (const act of [
      () => there.invoke(),
      () => there.handlers.UpdateFunctionCode({ FunctionName: 'f', ZipFile: two }),
      () => there.handlers.PublishVersion({ FunctionName: 'f' }),
    ])
      expect(await refusalOf(act)).toMatchObject(conflict(pending));
    await ready();
    expect(await there.invoke()).toMatchObject({ value: 1 });
  });

  test('an update keeps the code before in service, and nothing else begins', async () => {
    await there.create(one);
    await ready();
    const shown = await there.handlers.UpdateFunctionCode({ FunctionName: 'f', ZipFile: two });
    expect(shown).toMatchObject({ LastUpdateStatus: 'InProgress', CodeSha256: sha256(two) });
    const busy =
      /^The operation cannot be performed at this time\. An update is in progress for resource: arn:aws:lambda:us-east-1:000000000000:function:f$/;
    for (const act of [
      () => there.handlers.UpdateFunctionConfiguration({ FunctionName: 'f', Timeout: 5 }),
      () => there.handlers.UpdateFunctionCode({ FunctionName: 'f', ZipFile: one }),
      () => there.handlers.PublishVersion({ FunctionName: 'f' }),
    ])
      expect(await refusalOf(act)).toMatchObject(conflict(busy));
    expect(await there.invoke()).toMatchObject({ value: 1 });
    const after = await ready();
    // As on AWS: who waited for the end has to look at the revision again.
    expect(after.RevisionId).not.toBe(shown.RevisionId);
    expect(await there.invoke()).toMatchObject({ value: 2 });
  });

  test('a version that is not Active yet fails the calls of an alias that was moved too early', async () => {
    await there.create(one);
    await ready();
    expect(there.handlers.PublishVersion({ FunctionName: 'f' })).toMatchObject({ Version: '1', State: 'Pending' });
    there.handlers.CreateAlias({ FunctionName: 'f', Name: 'live', FunctionVersion: '1' });
    expect(await refusalOf(() => there.invoke({}, { Qualifier: 'live' }))).toMatchObject(conflict(/state: Pending$/));
    await there.until(
      () => there.handlers.GetFunctionConfiguration({ FunctionName: 'f:1' }).State,
      (state) => state === 'Active',
    );
    expect(await there.invoke({}, { Qualifier: 'live' })).toMatchObject({ value: 1, version: '1' });
  });
});

describe('changing a function', () => {
  test('is refused for a revision that is not the last', async () => {
    const { RevisionId } = await functions.create(one);
    await functions.handlers.UpdateFunctionCode({ FunctionName: 'f', ZipFile: two, RevisionId });
    const stale = {
      code: 'PreconditionFailedException',
      message: expect.stringContaining('does not match the latest Revision Id'),
    };
    expect(
      await refusalOf(() => functions.handlers.UpdateFunctionCode({ FunctionName: 'f', ZipFile: one, RevisionId })),
    ).toMatchObject(stale);
    expect(
      await refusalOf(() => functions.handlers.UpdateFunctionConfiguration({ FunctionName: 'f', Timeout: 5, RevisionId })),
    ).toMatchObject(stale);
    expect(await refusalOf(() => functions.handlers.PublishVersion({ FunctionName: 'f', RevisionId }))).toMatchObject(stale);
    const { RevisionId: now } = latest();
    expect(functions.handlers.UpdateFunctionConfiguration({ FunctionName: 'f', Timeout: 5, RevisionId: now })).toMatchObject({
      Timeout: 5,
    });
  });

  test('takes effect for new calls, in new processes, and keeps what it does not name', async () => {
    await functions.create(handlerOf('return [process.env.A, context.memoryLimitInMB, process.pid];'), {
      Environment: { Variables: { A: '1' } },
    });
    const before = await functions.invoke();
    functions.handlers.UpdateFunctionConfiguration({ FunctionName: 'f', MemorySize: 256 });
    const after = await functions.invoke();
    expect([before.value, after.value]).toEqual([
      ['1', '128', expect.any(Number)],
      ['1', '256', expect.any(Number)],
    ]);
    // The worker of what there was before ends when it idles.
    await functions.until(
      () => functions.streams().length,
      (count) => count === 2,
    );
    for (let waited = 0; (await functions.workers()).length > 1 && waited < 10_000; waited += 20)
      await functions.cloud.clock.sleep(20);
    expect(await functions.workers()).toHaveLength(1);
  });

  test('ends no call that runs', async () => {
    await functions.create(handlerOf('await new Promise((done) => setTimeout(done, 400)); return 1;'));
    const running = functions.invoke();
    await functions.until(
      () => functions.started(),
      (text) => text,
    );
    await functions.handlers.UpdateFunctionCode({ FunctionName: 'f', ZipFile: two });
    latest();
    expect(await functions.invoke()).toMatchObject({ value: 2 });
    expect(await running).toMatchObject({ error: undefined, value: 1 });
  });
});

test('tags, permissions and paging', async () => {
  const { handlers } = functions;
  await functions.create(one);
  handlers.TagResource({ Resource: arn, Tags: { a: '1', b: '2' } });
  handlers.UntagResource({ Resource: arn, TagKeys: ['a'] });
  expect(handlers.ListTags({ Resource: arn })).toEqual({ Tags: { b: '2' } });
  expect(await refusalOf(() => handlers.GetPolicy({ FunctionName: 'f' }))).toMatchObject({ code: 'ResourceNotFoundException' });
  handlers.AddPermission({
    FunctionName: 'f',
    StatementId: 's',
    Action: 'lambda:InvokeFunction',
    Principal: 'apigateway.amazonaws.com',
  });
  expect(JSON.parse(handlers.GetPolicy({ FunctionName: 'f' }).Policy ?? '')).toMatchObject({
    Statement: [{ Sid: 's', Principal: { Service: 'apigateway.amazonaws.com' }, Resource: arn }],
  });
  for (const n of [1, 2, 3]) {
    handlers.UpdateFunctionConfiguration({ FunctionName: 'f', Description: `${n}` });
    handlers.PublishVersion({ FunctionName: 'f' });
  }
  const first = handlers.ListVersionsByFunction({ FunctionName: 'f', MaxItems: 3 });
  const second = handlers.ListVersionsByFunction({ FunctionName: 'f', MaxItems: 3, Marker: first.NextMarker });
  expect([...(first.Versions ?? []), ...(second.Versions ?? [])].map(({ Version }) => Version)).toEqual([
    '$LATEST',
    '1',
    '2',
    '3',
  ]);
  expect(second.NextMarker).toBeUndefined();
});

test('two functions of the same code share nothing but its bytes', async () => {
  const code = zip({ 'index.mjs': 'let calls = 0; export const handler = async () => ++calls;' });
  await functions.create(code);
  await functions.create(code, { FunctionName: 'g' });
  expect(await functions.invoke()).toMatchObject({ value: 1 });
  expect(await functions.invoke({}, { FunctionName: 'g' })).toMatchObject({ value: 1 });
  functions.handlers.DeleteFunction({ FunctionName: 'g' });
  expect(await functions.invoke()).toMatchObject({ value: 2 });
  expect(await refusalOf(() => functions.invoke({}, { FunctionName: 'g' }))).toMatchObject({ code: 'ResourceNotFoundException' });
});
