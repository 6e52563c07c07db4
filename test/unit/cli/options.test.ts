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

const train = '.github/workflows/train.yml';
const release = '.github/workflows/release.yml';

function eventsOf(args: readonly string[]): string[] {
  const options = parseOptions(args);
  return typeof options === 'object' && 'plays' in options ? options.plays.map(({ event }) => event) : [];
}

describe('the options of a rehearsal', () => {
  test('without any: a pull request of the shipped workflow in calm weather', () => {
    expect(parseOptions([])).toEqual({
      plays: [{ event: 'pull_request', workflow: train }],
      spec: 'trainyard.yml',
      fork: false,
      inputs: {},
      deny: false,
      weather: 'calm',
      seed: 1,
      keep: false,
      variables: {},
      faults: [],
    });
  });

  test('all of them', () => {
    const events = ['--event', 'push', '--event', 'tag=.github/workflows/release.yml'];
    const args = ['--workflow', 'w.yml', '--spec', 's.yml', ...events, '--fork', '--keep', '--deny', '--input', 'dry-run=true'];
    const more = ['--weather', 'aws-like', '--seed', '7', '--variable', 'A=b=c', '--fault', JSON.stringify(fault)];
    expect(parseOptions([...args, ...more])).toEqual({
      plays: [
        { event: 'push', workflow: 'w.yml' },
        { event: 'tag', workflow: release },
      ],
      spec: 's.yml',
      fork: true,
      inputs: { 'dry-run': 'true' },
      deny: true,
      weather: 'aws-like',
      seed: 7,
      keep: true,
      variables: { TRAINYARD_SPEC: 's.yml', A: 'b=c' },
      faults: [fault],
    });
    expect(eventsOf(['--baseline'])).toEqual(['push', 'pull_request']);
  });

  test('a variable of the spec wins over --spec, and the local cloud is set up for the same', () => {
    const options = parseOptions(['--spec', 'a.yml', '--variable', 'TRAINYARD_SPEC=b.yml']);
    expect(options).toMatchObject({ spec: 'b.yml', variables: { TRAINYARD_SPEC: 'b.yml' } });
    expect(parseOptions(['--variable', 'TRAINYARD_SPEC=b.yml'])).toMatchObject({ spec: 'b.yml' });
    expect(parseOptions(['--spec', 'a.yml', '--variable', 'TRAINYARD_SPEC='])).toMatchObject({ spec: 'trainyard.yml' });
  });

  test('a release is the whole way, in one cloud', () => {
    expect(parseOptions(['--release'])).toMatchObject({
      plays: [
        { event: 'pull_request', workflow: train },
        { event: 'push', workflow: train },
        { event: 'tag', workflow: release },
      ],
    });
    expect(eventsOf(['--release', '--baseline'])).toEqual(['push', 'pull_request', 'push', 'tag']);
    const swept = ['--release', '--event', 'schedule=.github/workflows/clean-up.yml'];
    expect(eventsOf(swept)).toEqual(['pull_request', 'push', 'tag', 'schedule']);
  });

  test('all that is wrong comes at once', () => {
    const args = [
      '--event',
      'release',
      '--input',
      '1',
      '--weather',
      'wet',
      '--seed',
      'x',
      '--variable',
      'A',
      '--fault',
      '{',
      '--fault',
      '{"id":1}',
    ];
    expect(parseOptions(args)).toMatchObject({
      problems: expect.arrayContaining([
        '--event release: only pull_request, push, tag, workflow_dispatch, schedule can be rehearsed.',
        '--input 1: it is NAME=VALUE.',
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
