import { describe, expect, test } from '@jest/globals';
import type { FaultRule, JournalEntry } from '../../../src/cloud/contract.ts';
import { createGate } from '../../../src/cloud/gate.ts';

const entry = (service: string, operation: string): JournalEntry => ({
  number: 1,
  at: '',
  service,
  operation,
  principal: '',
  input: {},
});
const rule = (change: Partial<FaultRule>): FaultRule => ({
  id: 'r',
  service: '*',
  operation: '*',
  when: 'before',
  effect: { kind: 'reset' },
  ...change,
});

describe('faults', () => {
  const matches: [change: Partial<FaultRule>, service: string, operation: string, when: 'before' | 'after', outcome: string][] = [
    [{}, 's3', 'PutObject', 'before', 'reset'],
    [{}, 'github', 'GET /repos/{owner}/{repo}', 'before', 'reset'],
    [{}, 's3', 'PutObject', 'after', 'go'],
    [{ service: 's3' }, 'iam', 'GetRole', 'before', 'go'],
    [{ operation: 'PutObject' }, 's3', 'GetObject', 'before', 'go'],
    [{ service: 's3', operation: 'PutObject', when: 'after' }, 's3', 'PutObject', 'after', 'reset'],
  ];
  test.each(matches)('%j on %s %s %s: %s', async (change, service, operation, when, outcome) => {
    const gate = createGate();
    gate.addFault(rule(change));
    expect(await gate.pass(entry(service, operation), when)).toBe(outcome);
  });

  test('the n-th call counts calls that match, from one', async () => {
    const gate = createGate();
    gate.addFault(rule({ operation: 'PutObject', nth: 2 }));
    const outcomes = [];
    for (const operation of ['PutObject', 'GetObject', 'PutObject', 'PutObject'])
      outcomes.push(await gate.pass(entry('s3', operation), 'before'));
    expect(outcomes).toEqual(['go', 'go', 'reset', 'go']);
  });

  test('an error is thrown as the service would', async () => {
    const gate = createGate();
    gate.addFault(rule({ effect: { kind: 'error', code: 'SlowDown', message: 'no', status: 503 } }));
    await expect(gate.pass(entry('s3', 'x'), 'before')).rejects.toMatchObject({ code: 'SlowDown', message: 'no', status: 503 });
    gate.clearFaults();
    expect(await gate.pass(entry('s3', 'x'), 'before')).toBe('go');
  });

  test('a paused call is held until it is released, and seen by who waits for it', async () => {
    const gate = createGate();
    gate.addFault(rule({ id: 'hold', effect: { kind: 'pause' } }));
    const waiting = gate.held(5_000);
    let passed = false;
    const passing = gate.pass(entry('s3', 'PutObject'), 'before').then(() => (passed = true));
    const [held] = await waiting;
    expect(held).toMatchObject({ rule: 'hold', when: 'before', entry: { operation: 'PutObject' } });
    expect(passed).toBe(false);
    expect(gate.release(held?.id ?? '')).toBe(true);
    await passing;
    expect(await gate.held()).toEqual([]);
    expect(gate.release(held?.id ?? '')).toBe(false);
  });

  test('nothing held: the wait ends', async () => {
    expect(await createGate().held(5)).toEqual([]);
  });
});
