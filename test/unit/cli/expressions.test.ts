import { describe, expect, test } from '@jest/globals';
import {
  evaluateCondition,
  evaluatePostCondition,
  evaluateText,
  evaluateValue,
  type Scope,
} from '../../../src/cli/rehearse/expressions.ts';

const scope: Scope = {
  contexts: {
    github: { event_name: 'push', token: 'ghs_x' },
    matrix: null,
    steps: { report: { outputs: { html: '' } } },
    env: { A: "it's" },
    vars: {},
    needs: { train: { result: 'failure' } },
  },
  status: 'success',
  hashFiles: (patterns) => patterns.join('+'),
};

describe('texts', () => {
  test.each([
    ['plain', 'plain'],
    ['${{ github.event_name }}/${{ env.A }}', "push/it's"],
    ["${{ format('{0} }} {1}', 'a', 'b') }}", 'a } b'],
    ['${{ toJSON(matrix) }}', 'null'],
    ["${{ github.event_name == 'pull_request' && vars.A || vars.B }}", ''],
    ["${{ hashFiles('a', 'b') }}", 'a+b'],
    ['${{ 1 == 1 }}', 'true'],
    ["${{ 'it''s' }}", "it's"],
  ])('%s → %s', (template, text) => {
    expect(evaluateText(template, scope)).toBe(text);
  });

  test('a value that is one expression keeps its type', () => {
    expect(evaluateValue({ list: '${{ fromJSON(\'["a", 1]\') }}', text: 'n ${{ 1 }}' }, scope)).toEqual({
      list: ['a', 1],
      text: 'n 1',
    });
  });

  test('what a step printed is never evaluated again', () => {
    const hostile: Scope = { ...scope, contexts: { ...scope.contexts, env: { A: '${{ github.token }}' } } };
    expect(evaluateText('${{ env.A }}', hostile)).toBe('${{ github.token }}');
  });
});

describe('conditions', () => {
  test.each([
    [undefined, 'success', true],
    [undefined, 'failure', false],
    ['', 'failure', false],
    ["github.event_name == 'push'", 'success', true],
    ["github.event_name == 'push'", 'failure', false],
    ["${{ github.event_name == 'push' }}", 'cancelled', false],
    ['always()', 'cancelled', true],
    ['failure()', 'failure', true],
    ['cancelled()', 'failure', false],
    ["always() && steps.report.outputs.html != ''", 'success', false],
    ["!cancelled() && needs.train.result == 'failure'", 'failure', true],
    [false, 'success', false],
    ['${{ false }} || ${{ false }}', 'success', true],
  ] as const)('%j when the job is %s: %s', (condition, status, wanted) => {
    expect(evaluateCondition(condition, { ...scope, status })).toBe(wanted);
  });

  test('a post-if is taken as it stands', () => {
    expect(evaluatePostCondition(undefined, { ...scope, status: 'cancelled' })).toBe(true);
    expect(evaluatePostCondition('success()', { ...scope, status: 'failure' })).toBe(false);
  });
});
