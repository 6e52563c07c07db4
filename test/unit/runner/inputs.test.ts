import { describe, expect, test } from '@jest/globals';
import { createInputReader, findUndeclared } from '../../../src/runner/inputs.ts';

const readerOf = (name: string, value: string) => createInputReader({ [`INPUT_${name.toUpperCase()}`]: value });
const messages = (problems: readonly { name: string; message: string }[]) =>
  problems.map(({ name, message }) => `${name}: ${message}`);

describe('inputs', () => {
  test('texts are trimmed, empty ones are absent', () => {
    const reader = createInputReader({ 'INPUT_ROLE-TO-ASSUME': ' arn \n', INPUT_SPEC: '  ' });
    expect(reader.text('role-to-assume')).toBe('arn');
    expect(reader.text('spec')).toBeUndefined();
    expect(reader.text('environment')).toBeUndefined();
    expect(reader.problems).toEqual([]);
  });

  test('what is required and missing is a problem', () => {
    const reader = createInputReader({});
    reader.required('spec');
    reader.required('token');
    expect(messages(reader.problems)).toEqual(['input spec: It is empty or missing.', 'input token: It is empty or missing.']);
  });

  test.each([
    ['true', true],
    ['True', true],
    ['TRUE', true],
    ['false', false],
    ['False', false],
    ['FALSE', false],
    ['', undefined],
  ])('boolean %j is %p', (value, expected) => {
    const reader = readerOf('wait', value);
    expect(reader.boolean('wait')).toBe(expected);
    expect(reader.problems).toEqual([]);
  });

  test.each(['yes', 'no', '1', '0', 'tRUE', 'on', "'true'"])('boolean %j is a problem', (value) => {
    const reader = readerOf('wait', value);
    expect(reader.boolean('wait')).toBeUndefined();
    expect(messages(reader.problems)).toEqual([`input wait: It is ${JSON.stringify(value)}; it must be true or false.`]);
  });

  test.each([
    ['5', 5],
    ['0.5', 0.5],
    ['.5', 0.5],
    ['1e2', 100],
    ['-3', -3],
    ['', undefined],
  ])('number %j is %p', (value, expected) => {
    expect(readerOf('n', value).number('n')).toBe(expected);
  });

  test.each([
    ['five', '; it must be a number of 0 or more and of 10 or less.'],
    ['0x10', '; it must be a number of 0 or more and of 10 or less.'],
    ['5 USD', '; it must be a number of 0 or more and of 10 or less.'],
    ['1e999', '; it must be a number of 0 or more and of 10 or less.'],
    ['Infinity', '; it must be a number of 0 or more and of 10 or less.'],
    ['-1', '; it must be a number of 0 or more and of 10 or less.'],
    ['11', '; it must be a number of 0 or more and of 10 or less.'],
  ])('number %j is a problem', (value, end) => {
    const reader = readerOf('n', value);
    expect(reader.number('n', { min: 0, max: 10 })).toBeUndefined();
    expect(messages(reader.problems)).toEqual([`input n: It is ${JSON.stringify(value)}${end}`]);
  });

  test.each([
    ['', []],
    ['a', ['a']],
    ['a, b', ['a', 'b']],
    ['a\nb\n', ['a', 'b']],
    ['a,,b,\n a', ['a', 'b']],
  ])('list %j', (value, expected) => {
    expect(readerOf('runs', value).list('runs')).toEqual(expected);
  });

  test.each([
    ['', {}],
    ['epochs: 5', { epochs: '5' }],
    ['epochs: 5\n# a comment\nlr: 0.10', { epochs: '5', lr: '0.10' }],
    ['url: https://example.com:80/x', { url: 'https://example.com:80/x' }],
    ['a: \'0.10\'\nb: "x y"', { a: '0.10', b: 'x y' }],
    ['a : b', { a: 'b' }],
  ])('map %j', (value, expected) => {
    const reader = readerOf('hyperparameters', value);
    expect(reader.map('hyperparameters')).toEqual(expected);
    expect(reader.problems).toEqual([]);
  });

  test.each(['epochs', 'epochs:5', ': 5', 'a: 1\na: 2', '__proto__: x'])('map %j is a problem', (value) => {
    const reader = readerOf('hyperparameters', value);
    reader.map('hyperparameters');
    expect(reader.problems).toHaveLength(1);
  });

  test('one of some', () => {
    expect(readerOf('mode', 'wait').oneOf('mode', ['wait', 'detach'])).toBe('wait');
    const reader = readerOf('mode', 'wiat');
    expect(reader.oneOf('mode', ['wait', 'detach'])).toBeUndefined();
    expect(reader.problems).toEqual([
      { name: 'input mode', message: 'It is "wiat"; it must be one of wait, detach.', fix: 'Write wait.' },
    ]);
  });

  test('all problems are kept', () => {
    const reader = createInputReader({ INPUT_A: 'x', INPUT_B: 'y', INPUT_SPCE: 'z' });
    reader.boolean('a');
    reader.number('b');
    reader.declare(['a', 'b', 'spec']);
    expect(reader.problems.map(({ name }) => name)).toEqual(['input a', 'input b', 'input spce']);
  });
});

describe('inputs the action does not have', () => {
  const names = ['spec', 'max-cost-usd', 'role-to-assume'];
  test.each([
    ['INPUT_SPCE', 'spec'],
    ['INPUT_MAX_COST_USD', 'max-cost-usd'],
    ['INPUT_MAX-COST', undefined],
    ['INPUT_INSTANCE-TYPE', undefined],
  ])('%s is a problem', (key, nearest) => {
    const [problem] = findUndeclared({ [key]: 'x' }, names);
    expect(problem?.fix).toBe(nearest ? `Rename it to ${nearest}.` : 'Remove it.');
  });

  test.each(['INPUT_VERSION', 'INPUT_SPEC', 'INPUT_MAX-COST-USD', 'OTHER_SPCE', 'INPUT_DEPLOY_TARGET'])('%s is none', (key) => {
    expect(findUndeclared({ [key]: 'x' }, names)).toEqual([]);
  });
});
