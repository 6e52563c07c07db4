import { describe, expect, test } from '@jest/globals';
import { main } from '../../../src/cli/main.ts';
import { parseOptions } from '../../../src/cli/rehearse/options.ts';

const fault = {
  id: 'f',
  service: 'sagemaker',
  operation: '*',
  nth: 2,
  when: 'after',
  effect: { kind: 'error', code: 'X', message: 'm' },
} as const;

describe('the options of a rehearsal', () => {
  test('without any: a pull request of the shipped workflow in calm weather', () => {
    expect(parseOptions([])).toEqual({
      workflow: '.github/workflows/train.yml',
      spec: 'trainyard.yml',
      events: ['pull_request'],
      fork: false,
      weather: 'calm',
      seed: 1,
      keep: false,
      variables: {},
      faults: [],
    });
  });

  test('all of them', () => {
    const args = ['--workflow', 'w.yml', '--spec', 's.yml', '--event', 'push', '--event', 'pull_request', '--fork', '--keep'];
    const more = ['--weather', 'aws-like', '--seed', '7', '--variable', 'A=b=c', '--fault', JSON.stringify(fault)];
    expect(parseOptions([...args, ...more])).toEqual({
      workflow: 'w.yml',
      spec: 's.yml',
      events: ['push', 'pull_request'],
      fork: true,
      weather: 'aws-like',
      seed: 7,
      keep: true,
      variables: { A: 'b=c' },
      faults: [fault],
    });
    expect(parseOptions(['--baseline'])).toMatchObject({ events: ['push', 'pull_request'] });
  });

  test('all that is wrong comes at once', () => {
    const args = ['--event', 'tag', '--weather', 'wet', '--seed', 'x', '--variable', 'A', '--fault', '{', '--fault', '{"id":1}'];
    expect(parseOptions(args)).toMatchObject({
      problems: expect.arrayContaining([
        '--event tag: only pull_request and push can be rehearsed.',
        '--weather wet: it is calm or aws-like.',
        '--seed x: it is a whole number.',
        '--variable A: it is NAME=VALUE.',
        '--fault {: it is not JSON.',
        expect.stringContaining('--fault {"id":1}: id:'),
      ]),
    });
    expect(parseOptions(['--nonsense'])).toMatchObject({ problems: [expect.stringContaining('--nonsense')] });
  });
});

test.each([
  [['--help'], 0],
  [[], 2],
  [['nope'], 2],
])('trainyard %j exits %i', async (args, code) => {
  expect(await main(args, '.')).toBe(code);
});
