import { describe, expect, test } from '@jest/globals';
import { base, problemsOf, specOf } from './support.ts';

const file = (rollout: string, strategy = 'in-place') =>
  `${base}serve: { entry-point: i.py, instance-type: ml.m5.large, strategy: ${strategy}, rollout: ${rollout} }\n`;
const told = (text: string) => problemsOf(text).map(({ name, message }) => `${name}: ${message}`);

describe('serve.rollout', () => {
  test.each([
    ['{ kind: canary, percent: 10 }', { kind: 'canary', percent: 10, waitSeconds: 300, alarms: [] }],
    [
      '{ kind: rolling, percent: 5, wait: 30s, alarms: [errors] }',
      { kind: 'rolling', percent: 5, waitSeconds: 30, alarms: ['errors'] },
    ],
    ['{ kind: all-at-once }', { kind: 'all-at-once', waitSeconds: 0, alarms: [] }],
    ['{ kind: all-at-once, alarms: [errors] }', { kind: 'all-at-once', waitSeconds: 300, alarms: ['errors'] }],
  ])('%s', (rollout, built) => {
    expect(specOf(file(rollout)).serve?.rollout).toEqual(built);
  });

  test('without it, everything at once', () => {
    const text = `${base}serve: { entry-point: i.py, instance-type: ml.m5.large, strategy: in-place }\n`;
    expect(specOf(text).serve?.rollout).toEqual({ kind: 'all-at-once', waitSeconds: 0, alarms: [] });
  });

  test.each([
    [
      file('{ kind: canary, percent: 10 }', 'alias'),
      /^serve\.rollout: It says how an endpoint is updated, and with the strategy alias none is\./,
    ],
    [file('{ kind: canary }'), /^serve\.rollout: It has no percent/],
    [file('{ kind: linear, percent: 5 }'), /^serve\.rollout\.percent: It is 5; a linear step is 10 to 50\./],
    [
      file('{ kind: canary, percent: 60 }'),
      /^serve\.rollout\.percent: It is 60; it must be a whole number of per cent from 5 to 50\./,
    ],
    [file('{ kind: all-at-once, percent: 10 }'), /^serve\.rollout\.percent: All at once has no steps\./],
    [file('{ kind: canary, percent: 10, wait: 2h }'), /^serve\.rollout\.wait: It is 2h/],
    [file('{ kind: bluegreen }'), /^serve\.rollout\.kind: .*one of all-at-once, canary, linear, rolling/],
  ])('refuses %s', (text, message) => {
    expect(told(text)).toEqual([expect.stringMatching(message)]);
  });
});
