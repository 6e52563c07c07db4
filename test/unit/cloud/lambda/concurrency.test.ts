import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { LambdaOptions } from '../../../../src/cloud/services/lambda/room.ts';
import { type Functions, handlerOf, meeting, type Met, refusalOf, startFunctions, zip } from './local-functions.ts';

let functions: Functions;
const start = async (options: LambdaOptions = {}) => {
  await functions.close();
  functions = await startFunctions(options);
  await functions.create(meeting, { Timeout: 30 });
};
beforeEach(async () => {
  functions = await startFunctions();
  await functions.create(meeting, { Timeout: 30 });
});
afterEach(() => functions.close());

const reserve = (count: number, name = 'f') =>
  functions.handlers.PutFunctionConcurrency({ FunctionName: name, ReservedConcurrentExecutions: count });
const refusal = (code: string, message: string | RegExp) => ({
  code,
  message: typeof message === 'string' ? message : expect.stringMatching(message),
});
const invalid = (message: string | RegExp) => refusal('InvalidParameterValueException', message);
const floor = (n: number) =>
  new RegExp(`decreases account's UnreservedConcurrentExecution below its minimum value of \\[${n}\\]`);
const unreserved = () => functions.handlers.GetAccountSettings().AccountLimit?.UnreservedConcurrentExecutions;

describe('reserved concurrency', () => {
  test('is all a function can have', async () => {
    reserve(2);
    const calls = await Promise.allSettled([1, 2, 3].map(() => functions.invoke()));
    const [, , third] = calls;
    expect(calls.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
    expect(third).toMatchObject({
      reason: {
        code: 'TooManyRequestsException',
        message: 'Rate Exceeded.',
        members: { Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded' },
      },
    });
    expect(await functions.invoke()).toMatchObject({ error: undefined });
    functions.handlers.DeleteFunctionConcurrency({ FunctionName: 'f' });
    expect(functions.handlers.GetFunctionConcurrency({ FunctionName: 'f' })).toEqual({});
  });

  test('of nothing stops a function', async () => {
    reserve(0);
    expect(await refusalOf(() => functions.invoke())).toMatchObject({ code: 'TooManyRequestsException' });
  });

  test("leaves the account's floor to the others", async () => {
    await functions.create(meeting, { FunctionName: 'g' });
    reserve(500);
    expect(unreserved()).toBe(500);
    expect(await refusalOf(() => reserve(401, 'g'))).toMatchObject(invalid(floor(100)));
    reserve(400, 'g');
    expect(unreserved()).toBe(100);
    // What a function has already does not count against it.
    reserve(450);
    expect(unreserved()).toBe(150);
  });

  test('is not to be had in a new account', async () => {
    await start({ accountLimit: 10 });
    expect(await refusalOf(() => reserve(1))).toMatchObject(invalid(floor(10)));
    functions.handlers.PublishVersion({ FunctionName: 'f' });
    expect(
      await refusalOf(() =>
        functions.handlers.PutProvisionedConcurrencyConfig({
          FunctionName: 'f',
          Qualifier: '1',
          ProvisionedConcurrentExecutions: 1,
        }),
      ),
    ).toMatchObject(invalid(floor(10)));
    expect(functions.handlers.GetAccountSettings().AccountLimit).toMatchObject({
      ConcurrentExecutions: 10,
      UnreservedConcurrentExecutions: 10,
    });
  });
});

test("the account's limit is one for all functions", async () => {
  await start({ accountLimit: 2 });
  await functions.create(meeting, { FunctionName: 'g' });
  const calls = await Promise.allSettled([functions.invoke(), functions.invoke({}, { FunctionName: 'g' }), functions.invoke()]);
  expect(calls.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
  expect(calls[2]).toMatchObject({ reason: { members: { Reason: 'ConcurrentInvocationLimitExceeded' } } });
});

test('a call waits when this machine runs all the workers it may, also for one of another function', async () => {
  await start({ machineLimit: 2 });
  await functions.create(meeting, { FunctionName: 'g' });
  const busy = [functions.invoke(), functions.invoke()];
  const [late, ...early] = await Promise.all([functions.invoke({}, { FunctionName: 'g' }), ...busy]);
  expect([late, ...early].map(({ error }) => error)).toEqual([undefined, undefined, undefined]);
  expect((await functions.workers()).length).toBeLessThanOrEqual(2);
});

test('a worker that idles ends after a while', async () => {
  await start({ idleSeconds: 0.2 });
  const before = await functions.invoke();
  for (let waited = 0; (await functions.workers()).length > 0 && waited < 10_000; waited += 20)
    await functions.cloud.clock.sleep(20);
  expect(await functions.workers()).toEqual([]);
  const after = await functions.invoke();
  expect(after.value).not.toEqual(before.value);
  expect(after.log).toContain('Init Duration');
});

const provision = (Qualifier: string, count = 2) =>
  functions.handlers.PutProvisionedConcurrencyConfig({ FunctionName: 'f', Qualifier, ProvisionedConcurrentExecutions: count });
const look = (Qualifier: string) => functions.handlers.GetProvisionedConcurrencyConfig({ FunctionName: 'f', Qualifier });

const settle = (Qualifier: string) =>
  functions.until(
    () => look(Qualifier),
    ({ Status }) => Status !== 'IN_PROGRESS',
  );

describe('provisioned concurrency', () => {
  beforeEach(() => {
    functions.handlers.PublishVersion({ FunctionName: 'f' });
    functions.handlers.UpdateFunctionConfiguration({ FunctionName: 'f', Description: 'next' });
    functions.handlers.PublishVersion({ FunctionName: 'f' });
    functions.handlers.CreateAlias({ FunctionName: 'f', Name: 'live', FunctionVersion: '1' });
  });

  test('keeps workers ready, for whatever name the version is called by', async () => {
    expect(provision('1')).toMatchObject({ Status: 'IN_PROGRESS', AvailableProvisionedConcurrentExecutions: 0 });
    expect(await settle('1')).toMatchObject({
      Status: 'READY',
      AvailableProvisionedConcurrentExecutions: 2,
      RequestedProvisionedConcurrentExecutions: 2,
    });
    expect(await functions.workers()).toHaveLength(2);
    const calls = await functions.meet(2, { Qualifier: 'live' });
    for (const { value, log } of calls) {
      expect(value.kind).toBe('provisioned-concurrency');
      expect(log).not.toContain('Init Duration');
    }
    expect(unreserved()).toBe(998);
    expect(
      functions.handlers.ListProvisionedConcurrencyConfigs({ FunctionName: 'f' }).ProvisionedConcurrencyConfigs,
    ).toMatchObject([{ FunctionArn: expect.stringMatching(/:f:1$/) }]);
  });

  test('spills over to ordinary workers', async () => {
    provision('1', 1);
    await settle('1');
    const calls = await functions.meet(2, { Qualifier: '1' });
    expect(new Set(calls.map(({ value }) => value.kind))).toEqual(new Set(['on-demand', 'provisioned-concurrency']));
  });

  test('replaces a worker that has died', async () => {
    provision('1', 1);
    await settle('1');
    const { pid } = (await functions.invoke<Met>({}, { Qualifier: '1' })).value;
    process.kill(pid, 'SIGKILL');
    await functions.until(
      () => look('1'),
      ({ Status }) => Status === 'IN_PROGRESS',
    );
    await settle('1');
    expect((await functions.invoke<Met>({}, { Qualifier: '1' })).value.pid).not.toBe(pid);
  });

  test('is given up', async () => {
    provision('1');
    await settle('1');
    functions.handlers.DeleteProvisionedConcurrencyConfig({ FunctionName: 'f', Qualifier: '1' });
    expect(await refusalOf(() => look('1'))).toMatchObject(
      refusal('ProvisionedConcurrencyConfigNotFoundException', 'No Provisioned Concurrency Config found for this function'),
    );
    expect(unreserved()).toBe(1000);
  });

  test('moves with its alias', async () => {
    provision('live', 1);
    await settle('live');
    functions.handlers.UpdateAlias({ FunctionName: 'f', Name: 'live', FunctionVersion: '2' });
    await settle('live');
    expect(await functions.invoke({}, { Qualifier: 'live' })).toMatchObject({
      version: '2',
      value: { kind: 'provisioned-concurrency' },
    });
  });

  test('fails with a reason when the function cannot start', async () => {
    await functions.handlers.UpdateFunctionCode({ FunctionName: 'f', ZipFile: zip({ 'index.mjs': `throw new Error('no');` }) });
    functions.handlers.PublishVersion({ FunctionName: 'f' });
    provision('3', 1);
    expect(await settle('3')).toMatchObject({
      Status: 'FAILED',
      StatusReason: 'FUNCTION_ERROR_INIT_FAILURE',
      AvailableProvisionedConcurrentExecutions: 0,
    });
  });

  test.each<[string, () => unknown, object]>([
    [
      '$LATEST',
      () => provision('$LATEST'),
      invalid('Provisioned Concurrency Configs cannot be applied to unpublished function versions.'),
    ],
    ['a version that is not there', () => provision('9'), refusal('ResourceNotFoundException', /:f:9$/)],
    [
      'an alias with weights',
      () => {
        functions.handlers.UpdateAlias({
          FunctionName: 'f',
          Name: 'live',
          RoutingConfig: { AdditionalVersionWeights: { '2': 0.1 } },
        });
        provision('live');
      },
      invalid('Alias with weights can not be used with Provisioned Concurrency'),
    ],
    [
      'a version its alias has it for',
      () => [provision('live'), provision('1')],
      refusal('ResourceConflictException', 'Version is pointed by a Provisioned Concurrency alias'),
    ],
    [
      'an alias of a version that has it',
      () => [provision('1'), provision('live')],
      refusal('ResourceConflictException', /already Provisioned version$/),
    ],
    [
      'more than is reserved',
      () => [reserve(3), provision('1', 4)],
      invalid(/should not be greater than the reservedConcurrentExecution/),
    ],
    ['more than the account leaves', () => provision('1', 901), invalid(floor(100))],
    ['more than this machine can run', () => provision('1', 40), invalid(/at most 32 workers ready on this machine/)],
  ])('is refused for %s', async (_what, act, expected) => expect(await refusalOf(act)).toMatchObject(expected));

  test('holds what is reserved, and an alias, where they are', async () => {
    provision('live', 3);
    expect(await refusalOf(() => reserve(2))).toMatchObject(
      invalid(/should not be lower than function's total provisioned concurrency \[3\]/),
    );
    const weights = { FunctionName: 'f', Name: 'live', RoutingConfig: { AdditionalVersionWeights: { '2': 0.1 } } };
    expect(await refusalOf(() => functions.handlers.UpdateAlias(weights))).toMatchObject(
      invalid('Alias with weights can not be used with Provisioned Concurrency'),
    );
  });
});

test('calls, errors, throttles and durations become metrics', async () => {
  await functions.handlers.UpdateFunctionCode({
    FunctionName: 'f',
    ZipFile: handlerOf(`if (event.fail) throw new Error('bad'); return 1;`),
  });
  functions.handlers.PublishVersion({ FunctionName: 'f' });
  functions.handlers.CreateAlias({ FunctionName: 'f', Name: 'live', FunctionVersion: '1' });
  await functions.invoke({}, { Qualifier: 'live' });
  await functions.invoke({ fail: true }, { Qualifier: 'live' });
  await functions.invoke();
  reserve(0);
  await refusalOf(() => functions.invoke());
  const sum = (name: string, dimensions: Record<string, string>) =>
    functions.metrics.visiblePoints({ namespace: 'AWS/Lambda', name, dimensions }).reduce((total, point) => total + point.sum, 0);
  const whole = { FunctionName: 'f' };
  await functions.until(
    () => sum('Throttles', whole),
    (count) => count === 1,
  );
  const live = { ...whole, Resource: 'f:live' };
  expect(['Invocations', 'Errors'].map((name) => sum(name, whole))).toEqual([3, 1]);
  expect(['Invocations', 'Errors'].map((name) => sum(name, live))).toEqual([2, 1]);
  expect(sum('Invocations', { ...live, ExecutedVersion: '1' })).toBe(2);
  expect(sum('Duration', whole)).toBeGreaterThan(0);
});
