import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { trackTarget } from '../../../../src/cloud/services/application-auto-scaling/decide.ts';
import { measureWindows } from '../../../../src/cloud/services/application-auto-scaling/measure.ts';
import { startServing, type Serving } from './local-serving.ts';

const resource = {
  ServiceNamespace: 'sagemaker' as const,
  ResourceId: 'endpoint/one/variant/all',
  ScalableDimension: 'sagemaker:variant:DesiredInstanceCount' as const,
};
const minuteSeconds = 0.2;

let serving: Serving;
beforeEach(async () => {
  serving = await startServing({ minuteSeconds });
});
afterEach(async () => {
  await serving.close();
});

const register = (MinCapacity: number, MaxCapacity: number, more: object = {}) =>
  serving.scaling.RegisterScalableTarget({ ...resource, MinCapacity, MaxCapacity, ...more });
const track = (TargetValue: number, more: object = {}) =>
  serving.scaling.PutScalingPolicy({
    ...resource,
    PolicyName: 'calls',
    PolicyType: 'TargetTrackingScaling',
    TargetTrackingScalingPolicyConfiguration: {
      TargetValue,
      PredefinedMetricSpecification: { PredefinedMetricType: 'SageMakerVariantInvocationsPerInstance' },
      ...more,
    },
  });
const activities = () => serving.scaling.DescribeScalingActivities(resource).ScalingActivities ?? [];
/** Looks, as the cloud does, until the endpoint is `done`. */
const scaleUntil = (count: number, act: () => Promise<unknown> = async () => {}) =>
  serving.until('one', () => {
    void act();
    serving.scale();
    const endpoint = serving.describe('one');
    return endpoint.EndpointStatus === 'InService' && endpoint.ProductionVariants?.[0]?.CurrentInstanceCount === count;
  });

describe('target tracking', () => {
  test('scales out under load and in without it, within its range, and says why', async () => {
    await serving.echo('one', 'word');
    await serving.create('one');
    register(1, 2);
    const { Alarms: alarms = [] } = track(600, { ScaleOutCooldown: 0, ScaleInCooldown: 60 });
    expect(alarms).toHaveLength(2);
    const failures: string[] = [];
    const call = () => serving.invoke('one').catch((error: unknown) => failures.push(String(error)));
    // The load ends with the scaling, and soon after it the alarm: what it was meanwhile is noted at each look.
    const seen = new Set<unknown>();
    await scaleUntil(2, () => {
      seen.add(serving.alarms.stateOf(alarms[0]?.AlarmName ?? ''));
      return call();
    });
    const [out] = activities();
    expect(out).toMatchObject({ Description: 'Setting desired instance count to 2.' });
    expect(out?.Cause).toMatch(
      /^monitor alarm TargetTracking-endpoint\/one\/variant\/all-AlarmHigh-\S+ in state ALARM triggered policy calls: InvocationsPerInstance was \d/,
    );
    expect(out?.Cause).toContain('which last 0.2 s each in the local cloud');
    expect(seen).toContain('ALARM');
    await scaleUntil(1);
    serving.scale();
    expect(activities()[0]).toMatchObject({
      Description: 'Setting desired instance count to 1.',
      StatusCode: 'Successful',
      StatusMessage: 'Successfully set desired instance count to 1. Change successfully fulfilled by sagemaker.',
    });
    expect(failures).toEqual([]);
    serving.scaling.DeregisterScalableTarget(resource);
    expect(serving.alarms.all()).toEqual([]);
    expect(serving.scaling.DescribeScalingPolicies({ ServiceNamespace: 'sagemaker' }).ScalingPolicies).toEqual([]);
  });

  test('brings an endpoint into a range that it is outside of', async () => {
    await serving.echo('one', 'word');
    await serving.create('one');
    register(2, 3);
    await scaleUntil(2);
    expect(activities()[0]?.Cause).toBe('minimum capacity was set to 2');
    register(1, 1);
    await scaleUntil(1);
    expect(activities()[0]?.Cause).toBe('maximum capacity was set to 1');
  });
});

describe('what is refused', () => {
  test('ranges, endpoints and policies that AWS does not take', async () => {
    await serving.echo('one', 'word');
    serving.handlers.CreateEndpoint({ EndpointName: 'one', EndpointConfigName: 'one' });
    expect(() => register(1, 2)).toThrow('The endpoint one is Creating; it must be InService to be registered.');
    await serving.settled('one');
    expect(() => register(0, 2)).toThrow('Minimum capacity cannot be less than 1');
    expect(() => register(3, 2)).toThrow('Maximum capacity cannot be less than minimum capacity.');
    expect(() => register(1, 2, { ResourceId: 'endpoint/one/variant/b' })).toThrow("SageMaker variant doesn't exist");
    expect(() => track(10)).toThrow(
      'No scalable target registered for service namespace: sagemaker, resource ID: endpoint/one/variant/all',
    );
    expect(() => serving.scaling.DeregisterScalableTarget(resource)).toThrow('No scalable target registered');
    register(1, 2);
    expect(() => track(0)).toThrow('TargetValue must be greater than 0.');
    expect(() => serving.scaling.PutScalingPolicy({ ...resource, PolicyName: 'steps', PolicyType: 'StepScaling' })).toThrow(
      'TargetTrackingScaling',
    );
  });

  test('an update that takes a scaled variant away, or its type; deleting the endpoint deregisters it', async () => {
    await serving.echo('one', 'word');
    await serving.echo('other', 'word', { variant: { InstanceType: 'ml.m5.xlarge' } });
    await serving.create('one');
    register(1, 2);
    expect(() => serving.handlers.UpdateEndpoint({ EndpointName: 'one', EndpointConfigName: 'other' })).toThrow(
      'The variant(s) "["all"]" must be deregistered as scalable targets with AWS Auto Scaling before they can be removed or have their instance type updated.',
    );
    serving.handlers.DeleteEndpoint({ EndpointName: 'one' });
    expect(serving.scaling.DescribeScalableTargets({ ServiceNamespace: 'sagemaker' }).ScalableTargets).toEqual([]);
  });
});

describe('the decision', () => {
  const busy = [150, 150, 150];
  const idle = Array.from({ length: 15 }, () => 10);
  test.each([
    ['three busy minutes', { rates: busy }, { high: true, wanted: 3 }],
    ['two busy minutes', { rates: [150, 150] }, { high: undefined, wanted: 2 }],
    ['one quiet minute between', { rates: [150, 50, 150] }, { high: false, wanted: 2 }],
    ['no more than the most', { rates: [900, 900, 900] }, { high: true, wanted: 4 }],
    ['fifteen idle minutes', { rates: idle }, { low: true, wanted: 1 }],
    ['fourteen idle minutes', { rates: idle.slice(1) }, { low: undefined, wanted: 2 }],
    ['a little below the target', { rates: idle.map(() => 95) }, { low: false, wanted: 2 }],
    ['no data at all', { rates: [] }, { high: undefined, low: undefined, wanted: 2 }],
  ])('%s', (_what, { rates }, expected) => {
    expect(trackTarget({ instances: 2, min: 1, max: 4, target: 100, rates })).toMatchObject(expected);
  });

  test('windows count what came in them, as per minute', () => {
    const points = [
      { atMs: 999, sum: 9 },
      { atMs: 1_000, sum: 1 },
      { atMs: 1_999, sum: 0.5 },
      { atMs: 3_000, sum: 2 },
      { atMs: 4_000, sum: 9 },
    ];
    expect(measureWindows(points, { endMs: 4_000, windowMs: 1_000, count: 3 })).toEqual([90, 0, 120]);
  });
});
