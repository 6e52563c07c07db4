import type { DeploymentConfig, UpdateEndpointInput } from '@aws-sdk/client-sagemaker';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { processesUsing } from '../../../support/processes.ts';
import { startServing, type Serving } from './local-serving.ts';

let serving: Serving;
beforeEach(async () => {
  serving = await startServing();
});
afterEach(async () => {
  await serving.close();
});

const update = (config: string, DeploymentConfig?: DeploymentConfig, more: Partial<UpdateEndpointInput> = {}) =>
  serving.handlers.UpdateEndpoint({
    EndpointName: 'one',
    EndpointConfigName: config,
    ...(DeploymentConfig && { DeploymentConfig }),
    ...more,
  });

const percent = (Value: number) => ({ Type: 'CAPACITY_PERCENT' as const, Value });

/** Calls without a pause until `stop`; every answer's word, every failure's text. */
function load() {
  const words: string[] = [];
  const failures: string[] = [];
  const over = new AbortController();
  const run = async () => {
    while (!over.signal.aborted) {
      const outcome = await serving.invoke('one').then(
        ({ json }) => ({ word: json.word }),
        (error: unknown) => ({ failure: String(error) }),
      );
      if ('word' in outcome) words.push(outcome.word);
      else failures.push(outcome.failure);
      // A refusal comes without any waiting: everything else must have its turn.
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  const running = [run(), run(), run()];
  return {
    words,
    failures,
    stop: async () => {
      over.abort();
      await Promise.all(running);
    },
  };
}

async function deployOld(count = 1) {
  await serving.echo('old', 'old', { count });
  await serving.echo('new', 'new', { count });
  return serving.create('one', 'old');
}

/** An alarm on a metric of its own, so that a test rings it when it likes. */
function putAlarm() {
  serving.alarms.put({
    name: 'wrong',
    description: undefined,
    settings: {
      metric: { namespace: 'test', name: 'wrong', dimensions: {} },
      unit: undefined,
      statistic: 'Sum',
      periodSeconds: 10,
      evaluationPeriods: 1,
      datapointsToAlarm: 1,
      threshold: 0,
      comparison: 'GreaterThanThreshold',
      missingData: 'notBreaching',
    },
    actions: { enabled: true, alarm: [], ok: [], noData: [] },
  });
  return () => serving.cloud.metrics.put('test', {}, 'wrong', 'None', [{ at: new Date(), value: 1 }]);
}

describe('an update', () => {
  test('all at once: the old fleet serves until the new one answers, and not one call fails', async () => {
    await deployOld(2);
    const calls = load();
    update('new');
    expect(serving.describe('one')).toMatchObject({
      EndpointStatus: 'Updating',
      EndpointConfigName: 'old',
      PendingDeploymentSummary: { EndpointConfigName: 'new', ProductionVariants: [{ VariantStatus: [{ Status: 'Creating' }] }] },
    });
    expect(() => serving.handlers.DeleteEndpoint({ EndpointName: 'one' })).toThrow('Cannot update in-progress endpoint');
    const updated = await serving.settled('one');
    await calls.stop();
    expect(updated).toMatchObject({ EndpointStatus: 'InService', EndpointConfigName: 'new' });
    expect(updated.PendingDeploymentSummary).toBeUndefined();
    expect(calls.failures).toEqual([]);
    const first = calls.words.indexOf('new');
    expect(first).toBeGreaterThan(0);
    expect(calls.words.lastIndexOf('old') - first).toBeLessThan(3);
    expect((await serving.invoke('one')).json.word).toBe('new');
  });

  test.each([
    ['canary', { Type: 'CANARY', WaitIntervalInSeconds: 180, CanarySize: percent(25) }],
    ['linear', { Type: 'LINEAR', WaitIntervalInSeconds: 180, LinearStepSize: percent(25) }],
  ] as const)('%s: a share of the calls first', async (kind, routing) => {
    await deployOld();
    update('new', { BlueGreenUpdatePolicy: { TrafficRoutingConfiguration: routing } });
    await serving.until('one', ({ PendingDeploymentSummary: pending }) =>
      Boolean(pending?.ProductionVariants?.some(({ VariantStatus: [status] = [] }) => status?.Status === 'ActivatingTraffic')),
    );
    const words: string[] = [];
    for (let n = 0; n < 8; n++) words.push((await serving.invoke('one')).json.word);
    expect(words.filter((word) => word === 'new')).toHaveLength(2);
    const startedMs = Date.now();
    expect(await serving.settled('one')).toMatchObject({
      EndpointStatus: 'InService',
      EndpointConfigName: 'new',
      LastDeploymentConfig: { BlueGreenUpdatePolicy: { TrafficRoutingConfiguration: { Type: routing.Type } } },
    });
    // Three waits of three minutes, or one, of which the calls took a part; a minute lasts a second.
    expect(Date.now() - startedMs).toBeGreaterThan(kind === 'linear' ? 6_000 : 200);
    expect((await serving.invoke('one')).json.word).toBe('new');
  });

  test('rolling: batch by batch, never below what there was, and not one call fails', async () => {
    await deployOld(3);
    const calls = load();
    update('new', { RollingUpdatePolicy: { MaximumBatchSize: { Type: 'INSTANCE_COUNT', Value: 1 }, WaitIntervalInSeconds: 12 } });
    const together: number[] = [];
    const updated = await serving.until('one', (endpoint) => {
      const old = endpoint.EndpointConfigName === 'old' ? (endpoint.ProductionVariants?.[0]?.CurrentInstanceCount ?? 0) : 0;
      const fresh = endpoint.PendingDeploymentSummary?.ProductionVariants?.[0]?.CurrentInstanceCount ?? 0;
      if (endpoint.EndpointStatus === 'Updating') together.push(old + fresh);
      return endpoint.EndpointStatus === 'InService';
    });
    await calls.stop();
    expect(updated).toMatchObject({ EndpointConfigName: 'new', ProductionVariants: [{ CurrentInstanceCount: 3 }] });
    expect(Math.min(...together)).toBe(3);
    expect(Math.max(...together)).toBeLessThanOrEqual(4);
    expect(calls.failures).toEqual([]);
  });

  test('keeps what was scaled where it is told to', async () => {
    await deployOld();
    serving.handlers.UpdateEndpointWeightsAndCapacities({
      EndpointName: 'one',
      DesiredWeightsAndCapacities: [{ VariantName: 'all', DesiredInstanceCount: 2, DesiredWeight: 5 }],
    });
    await serving.settled('one');
    update('new', undefined, { RetainAllVariantProperties: true });
    expect(await serving.settled('one')).toMatchObject({
      ProductionVariants: [{ CurrentInstanceCount: 2, DesiredWeight: 5 }],
    });
    update('old');
    expect(await serving.settled('one')).toMatchObject({
      ProductionVariants: [{ CurrentInstanceCount: 1, DesiredWeight: 1 }],
    });
  });
});

describe('a rollback', () => {
  test('an alarm that rings while it bakes: InService again, on the old configuration', async () => {
    await deployOld();
    const ring = putAlarm();
    update('new', {
      BlueGreenUpdatePolicy: {
        TrafficRoutingConfiguration: { Type: 'ALL_AT_ONCE', WaitIntervalInSeconds: 0 },
        TerminationWaitInSeconds: 600,
      },
      AutoRollbackConfiguration: { Alarms: [{ AlarmName: 'wrong' }] },
    });
    await serving.until('one', ({ PendingDeploymentSummary: pending }) =>
      Boolean(pending?.ProductionVariants?.some(({ VariantStatus: [status] = [] }) => status?.Status === 'Baking')),
    );
    expect((await serving.invoke('one')).json.word).toBe('new');
    ring();
    expect(await serving.settled('one')).toMatchObject({
      EndpointStatus: 'InService',
      EndpointConfigName: 'old',
      FailureReason: 'The deployment was rolled back: in ALARM wrong.',
    });
    expect((await serving.invoke('one')).json.word).toBe('old');
    expect(serving.handlers.DescribeEndpointConfig({ EndpointConfigName: 'old' }).EndpointConfigName).toBe('old');
  });

  test('rolling back a rolling update makes the old fleet whole again, and not one call fails', async () => {
    await deployOld(2);
    const ring = putAlarm();
    const calls = load();
    update('new', {
      RollingUpdatePolicy: {
        MaximumBatchSize: percent(50),
        WaitIntervalInSeconds: 600,
        RollbackMaximumBatchSize: percent(100),
      },
      AutoRollbackConfiguration: { Alarms: [{ AlarmName: 'wrong' }] },
    });
    await serving.until('one', ({ ProductionVariants: [variant] = [] }) => variant?.CurrentInstanceCount === 1);
    ring();
    expect(await serving.settled('one')).toMatchObject({
      EndpointStatus: 'InService',
      EndpointConfigName: 'old',
      ProductionVariants: [{ CurrentInstanceCount: 2 }],
    });
    await calls.stop();
    expect(calls.failures).toEqual([]);
    expect(calls.words).toContain('new');
    expect((await serving.invoke('one')).json.word).toBe('old');
  });

  test('a new model that does not come up leaves the old one serving', async () => {
    await deployOld();
    await serving.prepare('broken', { 'code/inference.py': 'raise RuntimeError("broken")' });
    const calls = load();
    update('broken');
    const back = await serving.settled('one');
    await calls.stop();
    expect(back).toMatchObject({ EndpointStatus: 'InService', EndpointConfigName: 'old' });
    expect(back.FailureReason).toContain('did not pass the ping health check');
    expect(calls.failures).toEqual([]);
    expect(serving.linesOf('one')).toContain('RuntimeError: broken');
    // The wrapper and the server of the one instance.
    expect(processesUsing(serving.cloud.folder)).toHaveLength(2);
  });

  test('the old configuration is needed until the end', async () => {
    await deployOld();
    update('new');
    serving.handlers.DeleteEndpointConfig({ EndpointConfigName: 'old' });
    const back = await serving.settled('one');
    expect(back.EndpointConfigName).toBe('old');
    expect(back.FailureReason).toContain('Could not find endpoint configuration');
  });

  test('a deployment configuration is checked as a whole', async () => {
    await deployOld();
    expect(() =>
      update('new', {
        BlueGreenUpdatePolicy: {
          TrafficRoutingConfiguration: { Type: 'CANARY', WaitIntervalInSeconds: 0, CanarySize: percent(80) },
        },
        AutoRollbackConfiguration: { Alarms: [{ AlarmName: 'none' }] },
      }),
    ).toThrow(
      'Invalid DeploymentConfig: CanarySize must be between 1 and 50 per cent of the capacity, not 80; the alarm none does not exist.',
    );
  });
});
