import { describe, expect, test } from '@jest/globals';
import { createConcurrency } from '../../../src/aws/concurrency.ts';
import { createEndpointScaling } from '../../../src/aws/endpoint-scaling.ts';
import { createInvocations } from '../../../src/aws/invocations.ts';
import { createTestClock, openClients as open, refuse, useScriptedAws } from '../../support/scripted-aws.ts';

const aws = useScriptedAws();
const { operations } = aws;

const invoke = () => createInvocations(open()).invoke({ name: 'dogs-invoke', qualifier: 'candidate', payload: '{"a":1}' });

const tail = (text: string) => ({ 'x-amz-log-result': Buffer.from(text).toString('base64') });

describe('invocations', () => {
  const path = 'POST /dogs-invoke/invocations?Qualifier=candidate';

  test('an answer comes with version, log and whether it was a cold start', async () => {
    const log = 'START RequestId: 1\nhello\nREPORT RequestId: 1\tDuration: 2 ms\tInit Duration: 100.1 ms\t\n';
    aws.answer = () => ({ headers: { 'x-amz-executed-version': '7', ...tail(log) }, body: { statusCode: 200 } });
    expect(await invoke()).toMatchObject({
      payload: '{"statusCode":200}',
      executedVersion: '7',
      cold: true,
      logTail: ['START RequestId: 1', 'hello', expect.stringContaining('REPORT')],
    });
    expect(aws.requests).toMatchObject([{ operation: path, body: '{"a":1}' }]);
  });

  test.each([
    ['REPORT RequestId: 1\tDuration: 2 ms\n', false],
    ['a line\n', undefined],
  ])('the log tail %j says cold: %s', async (log, cold) => {
    aws.answer = () => ({ headers: tail(log), body: {} });
    expect(await invoke()).toMatchObject({ cold });
  });

  test('a handler that failed is an answer', async () => {
    aws.answer = () => ({ headers: { 'x-amz-function-error': 'Unhandled' }, body: { errorMessage: 'boom' } });
    expect(await invoke()).toMatchObject({ functionError: 'Unhandled', payload: '{"errorMessage":"boom"}' });
  });

  test.each([
    ['a lost connection, once', 'reset' as const, 2],
    [
      'a limit of how often this caller calls',
      refuse('TooManyRequestsException', 'Rate Exceeded.', 429, { Reason: 'CallerRateLimitExceeded' }),
      3,
    ],
  ])('%s is not the function’s fault: it is called again', async (_what, first, attempts) => {
    aws.answer = (_request, nth) => (nth < attempts ? first : { body: { ok: true } });
    expect(await invoke()).toMatchObject({ payload: '{"ok":true}' });
    expect(operations()).toHaveLength(attempts);
  });

  test.each([
    ['ReservedFunctionConcurrentInvocationLimitExceeded', "the function's reserved concurrency is in use"],
    ['ConcurrentInvocationLimitExceeded', 'the concurrency of the account is in use'],
  ])('a throttle for %s is told and not hidden by a retry', async (Reason, said) => {
    aws.answer = () => refuse('TooManyRequestsException', 'Rate Exceeded.', 429, { Reason });
    await expect(invoke()).rejects.toMatchObject({ kind: 'quota', message: expect.stringContaining(said) });
    expect(operations()).toHaveLength(1);
  });

  test('an alias that is not there is told with what to do', async () => {
    aws.answer = () => refuse('ResourceNotFoundException', 'Function not found: arn', 404);
    await expect(invoke()).rejects.toMatchObject({
      kind: 'configuration',
      message: 'There is no function dogs-invoke:candidate.',
      fix: expect.stringContaining('deploy-endpoint'),
    });
  });
});

describe('concurrency', () => {
  test('no provisioned concurrency, no reserved one and no function are no errors', async () => {
    aws.answer = ({ operation }) =>
      operation.includes('provisioned') ? refuse('ProvisionedConcurrencyConfigNotFoundException', 'none', 404) : { body: {} };
    const concurrency = createConcurrency(open());
    expect(await concurrency.provisioned('f', '3')).toBeUndefined();
    expect(await concurrency.reserved('f')).toBeUndefined();
    await concurrency.deleteProvisioned('f', '3');
    aws.answer = () => refuse('ResourceNotFoundException', 'no function', 404);
    expect(await concurrency.provisioned('f', '3')).toBeUndefined();
    expect(await concurrency.reserved('f')).toBeUndefined();
  });

  test('what there is is read', async () => {
    aws.answer = ({ operation }) =>
      operation.includes('account-settings')
        ? { body: { AccountLimit: { ConcurrentExecutions: 1000, UnreservedConcurrentExecutions: 900 } } }
        : {
            body: {
              RequestedProvisionedConcurrentExecutions: 2,
              AvailableProvisionedConcurrentExecutions: 1,
              Status: 'FAILED',
              StatusReason: 'why',
            },
          };
    const concurrency = createConcurrency(open());
    expect(await concurrency.account()).toEqual({ total: 1000, unreserved: 900 });
    expect(await concurrency.provisioned('f', '3')).toEqual({ requested: 2, available: 1, status: 'FAILED', reason: 'why' });
  });

  test('a function that is being changed is waited for', async () => {
    aws.answer = (_request, nth) =>
      nth < 3 ? refuse('ResourceConflictException', 'An update is in progress.', 409) : { body: {} };
    const clock = createTestClock();
    await createConcurrency(open({ clock })).putProvisioned('f', '3', 2);
    expect(aws.requests.at(-1)).toMatchObject({
      operation: expect.stringMatching(/Qualifier=3/),
      json: { ProvisionedConcurrentExecutions: 2 },
    });
    expect(clock.slept).toHaveLength(2);
  });

  test('and given up on after two minutes, in Lambda’s words', async () => {
    aws.answer = () => refuse('ResourceConflictException', 'An update is in progress.', 409);
    await expect(createConcurrency(open()).putReserved('f', 2)).rejects.toThrow('An update is in progress');
  });

  test('the floor of the account is told with the keys to change', async () => {
    aws.answer = () =>
      refuse(
        'InvalidParameterValueException',
        "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [100].",
      );
    await expect(createConcurrency(open()).putReserved('f', 950)).rejects.toMatchObject({
      kind: 'quota',
      message: expect.stringContaining('keeps 100 for all other functions'),
      fix: expect.stringContaining('scaling.lambda'),
    });
  });
});

describe('scaling of endpoints', () => {
  const target = {
    ServiceNamespace: 'sagemaker',
    ResourceId: 'endpoint/dogs-a/variant/all',
    ScalableDimension: 'sagemaker:variant:DesiredInstanceCount',
  };
  const policy = { invocationsPerMinute: 30, scaleInCooldownSeconds: 300, scaleOutCooldownSeconds: 60 };

  test('range and our policy are read', async () => {
    const tracking = {
      TargetValue: 30,
      PredefinedMetricSpecification: { PredefinedMetricType: 'SageMakerVariantInvocationsPerInstance' },
      ScaleOutCooldown: 60,
    };
    aws.answer = ({ operation }) =>
      operation === 'DescribeScalableTargets'
        ? { body: { ScalableTargets: [{ ...target, MinCapacity: 1, MaxCapacity: 4 }] } }
        : {
            body: {
              ScalingPolicies: [{ PolicyName: 'trainyard-invocations', TargetTrackingScalingPolicyConfiguration: tracking }],
            },
          };
    expect(await createEndpointScaling(open()).read('dogs-a', 'all')).toEqual({ min: 1, max: 4, policy });
  });

  test('what is not registered is undefined, and another policy is not ours', async () => {
    aws.answer = () => ({ body: { ScalableTargets: [] } });
    expect(await createEndpointScaling(open()).read('dogs-a', 'all')).toBeUndefined();
    aws.answer = ({ operation }) =>
      operation === 'DescribeScalableTargets'
        ? { body: { ScalableTargets: [{ ...target, MinCapacity: 1, MaxCapacity: 4 }] } }
        : { body: { ScalingPolicies: [{ PolicyName: 'trainyard-invocations', StepScalingPolicyConfiguration: {} }] } };
    expect(await createEndpointScaling(open()).read('dogs-a', 'all')).toEqual({ min: 1, max: 4 });
  });

  test('the policy aims at calls per minute and machine', async () => {
    aws.answer = () => ({ body: {} });
    const scaling = createEndpointScaling(open());
    await scaling.register('dogs-a', 'all', { min: 1, max: 4 });
    await scaling.putPolicy('dogs-a', 'all', policy);
    expect(aws.requests[0]?.json).toEqual({ ...target, MinCapacity: 1, MaxCapacity: 4 });
    expect(aws.requests[1]?.json).toMatchObject({
      ...target,
      PolicyType: 'TargetTrackingScaling',
      TargetTrackingScalingPolicyConfiguration: { TargetValue: 30, ScaleInCooldown: 300, ScaleOutCooldown: 60 },
    });
  });

  test('what is gone is deregistered, and what another change holds is waited for', async () => {
    aws.answer = (_request, nth) =>
      nth === 1 ? refuse('ConcurrentUpdateException', 'busy') : refuse('ObjectNotFoundException', 'no such target');
    await createEndpointScaling(open()).deregister('dogs-a', 'all');
    expect(operations()).toEqual(['DeregisterScalableTarget', 'DeregisterScalableTarget']);
  });
});
