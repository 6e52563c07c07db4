import { describe, expect, test } from '@jest/globals';
import { decideDeployment, type Situation } from '../../../src/serving/deployment-plan.ts';
import { explainEndpointFailure } from '../../../src/serving/endpoint-failure.ts';
import { judgeCreation, judgeUpdate } from '../../../src/serving/endpoint-state.ts';
import { decideRaise, hasMachines } from '../../../src/serving/raise.ts';
import type { Endpoint } from '../../../src/serving/ports.ts';
import { endpointOf } from './samples.ts';

const release = 'dogs-0a1b2c3d4e';
const there = (status: Endpoint['status'], ours = true) => ({ state: endpointOf({ status }), tags: {}, ours });
const seen = (more: Partial<Situation>): Situation => ({
  release,
  strategy: 'alias',
  instances: 2,
  live: undefined,
  liveEndpoint: undefined,
  endpoint: undefined,
  ...more,
});
const old = (more: Partial<Endpoint> = {}) => endpointOf({ configName: 'dogs-old', ...more });
const machines = (instances: number, desiredInstances = instances) =>
  endpointOf({ variant: { name: 'all', instances, desiredInstances } });
const live = { version: '4', endpointName: release };

describe('decideDeployment', () => {
  test.each<[string, Partial<Situation>, unknown]>([
    ['nothing of it', {}, { kind: 'create', first: 'nothing' }],
    ['live is it', { live, liveEndpoint: endpointOf(), endpoint: there('InService') }, { kind: 'unchanged', version: '4' }],
    [
      'live is it and scales at this moment',
      { live, liveEndpoint: endpointOf({ status: 'Updating', pending: true }), endpoint: there('Updating') },
      { kind: 'unchanged', version: '4' },
    ],
    [
      'live is another',
      { live: { version: '3', endpointName: 'dogs-other' }, liveEndpoint: endpointOf({ name: 'dogs-other' }) },
      { kind: 'create', first: 'nothing' },
    ],
    [
      'live should be it and failed',
      { live, liveEndpoint: endpointOf({ status: 'Failed' }), endpoint: there('Failed') },
      { kind: 'create', first: 'delete-failed' },
    ],
    ['an endpoint that serves', { endpoint: there('InService') }, { kind: 'adopt', status: 'InService' }],
    ['an endpoint on its way', { endpoint: there('Creating') }, { kind: 'adopt', status: 'Creating' }],
    ['an endpoint on its way out', { endpoint: there('Deleting') }, { kind: 'create', first: 'wait-until-gone' }],
    ['an endpoint that failed', { endpoint: there('Failed') }, { kind: 'create', first: 'delete-failed' }],
    [
      'in place, the stable endpoint with its configuration',
      {
        strategy: 'in-place',
        live: { version: '4', endpointName: 'dogs-live' },
        liveEndpoint: endpointOf({ configName: `${release}-x2` }),
      },
      { kind: 'unchanged', version: '4' },
    ],
    [
      'in place, the stable endpoint on its way elsewhere',
      { strategy: 'in-place', live: { version: '4', endpointName: 'dogs-live' }, liveEndpoint: endpointOf({ pending: true }) },
      { kind: 'create', first: 'nothing' },
    ],
  ])('with %s', (_what, situation, decision) => {
    expect(decideDeployment(seen(situation))).toEqual(decision);
  });

  test("leaves somebody else's endpoint alone, whatever its state", () => {
    expect(decideDeployment(seen({ endpoint: there('Failed', false) }))).toMatchObject({ kind: 'refuse' });
  });
});

describe('judgeCreation', () => {
  test.each<[Endpoint | undefined, number, string | undefined]>([
    [undefined, 1_000, undefined],
    [undefined, 60_000, 'gone'],
    [endpointOf({ status: 'Creating' }), 3_600_000, undefined],
    [endpointOf(), 0, 'in-service'],
    [endpointOf({ pending: true }), 0, undefined],
    [endpointOf({ status: 'Failed', failureReason: 'x' }), 0, 'failed'],
    [endpointOf({ status: 'Deleting' }), 0, 'gone'],
  ])('%j after %i ms: %j', (endpoint, elapsedMs, kind) => {
    expect(judgeCreation(endpoint, elapsedMs)?.kind).toBe(kind);
  });
});

describe('judgeUpdate', () => {
  test.each<[string, Endpoint | undefined, boolean, number, string | undefined]>([
    ['the new configuration serves', endpointOf(), true, 5_000, 'updated'],
    ['it does and more is under way', endpointOf({ pending: true }), true, 5_000, undefined],
    ['it still looks as before the call', old(), false, 5_000, undefined],
    ['it serves the old one after an update was seen', old(), true, 5_000, 'rolled-back'],
    ['it serves the old one and nothing was ever seen', old(), false, 60_000, 'rolled-back'],
    ['it rolls back', old({ status: 'RollingBack' }), true, 5_000, undefined],
    ['the rollback failed', old({ status: 'UpdateRollbackFailed' }), true, 5_000, 'failed'],
    ['it is gone', undefined, true, 60_000, 'failed'],
  ])('%s', (_what, endpoint, begun, elapsedMs, kind) => {
    expect(judgeUpdate(endpoint, release, begun, elapsedMs)?.kind).toBe(kind);
  });
});

describe('decideRaise', () => {
  test.each([
    ['as many', machines(2), machines(2), undefined, { kind: 'enough' }],
    ['none live', undefined, machines(1), undefined, { kind: 'enough' }],
    ['fewer, not scaled', machines(3), machines(1), undefined, { kind: 'count', wanted: 3 }],
    ['fewer, scaled', machines(3), machines(1), { min: 1, max: 2 }, { kind: 'range', min: 3, max: 3, wanted: 3 }],
    [
      'enough that scaling could take away',
      machines(3),
      machines(3),
      { min: 1, max: 4 },
      { kind: 'range', min: 3, max: 4, wanted: 3 },
    ],
    ['live on its way up', machines(1, 4), machines(1), { min: 1, max: 4 }, { kind: 'range', min: 4, max: 4, wanted: 4 }],
  ])('%s', (_what, from, candidate, range, raise) => {
    expect(decideRaise(from, candidate, range)).toEqual(raise);
  });

  test('machines count when the endpoint takes traffic', () => {
    expect(hasMachines(machines(2), 2)).toBe(true);
    expect(hasMachines(machines(1), 2)).toBe(false);
    expect(hasMachines(endpointOf({ status: 'Updating' }), 1)).toBe(false);
    expect(hasMachines(undefined, 1)).toBe(false);
  });
});

describe('explainEndpointFailure', () => {
  const ping = 'The primary container for production variant all did not pass the ping health check.';
  test.each([
    [
      ping,
      ['Traceback', 'RuntimeError: the weights are missing'],
      'script',
      /never answered \/ping; its log says: RuntimeError: the weights are missing\./,
    ],
    [ping, [], 'script', /never answered \/ping\.$/],
    [ping, ["ModuleNotFoundError: No module named 'torch'"], 'script', /cannot import .*torch/],
    [
      'Unable to provision requested ML compute capacity due to InsufficientInstanceCapacity error.',
      [],
      'capacity',
      /no capacity for ml\.m5\.large/,
    ],
    ['The account-level service limit is 0', [], 'quota', /quota for endpoints on ml\.m5\.large/],
    ['Failed to download model data for container', ['ValueError: x'], 'permission', /could not read its model/],
    ['', [], 'aws', /gave no reason/],
    ['Something new\nwith more lines', [], 'aws', /^Something new$/],
  ])('%s %j', (reason, logTail, kind, sentence) => {
    const told = explainEndpointFailure({ reason, logTail, instanceType: 'ml.m5.large', entryPoint: 'inference.py' });
    expect(told.kind).toBe(kind);
    expect(told.sentence).toMatch(sentence);
  });
});
