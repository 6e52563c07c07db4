import { describe, expect, test } from '@jest/globals';
import { createCorePool, type Lease } from '../../../../src/cloud/machines/cores.ts';

const never = new AbortController().signal;

describe('cores of this machine', () => {
  test('one an instance; who finds none waits', async () => {
    const pool = createCorePool(2);
    const first = await pool.take(1, never);
    const granted: string[] = [];
    const second = pool.take(2, never).then((lease) => (granted.push('second'), lease));
    const third = pool.take(1, never).then((lease) => (granted.push('third'), lease));
    await Promise.resolve();
    // A core is free, and the third would fit: it would starve the second.
    expect(granted).toEqual([]);
    first?.release();
    const lease = await second;
    expect(granted).toEqual(['second']);
    expect(lease?.cores).toBe(2);
    lease?.release();
    expect((await third)?.cores).toBe(1);
  });

  test('a job larger than the machine gets all of it', async () => {
    expect((await createCorePool(2).take(5, never))?.cores).toBe(2);
  });

  test('who is ended while waiting makes way', async () => {
    const pool = createCorePool(1);
    const held = await pool.take(1, never);
    const end = new AbortController();
    const ended = pool.take(1, end.signal);
    const next = pool.take(1, never);
    end.abort();
    expect(await ended).toBeUndefined();
    held?.release();
    expect((await next)?.cores).toBe(1);
    expect(await pool.take(1, AbortSignal.abort())).toBeUndefined();
  });

  test('a lease given back twice counts once', async () => {
    const pool = createCorePool(2);
    const lease: Lease | undefined = await pool.take(1, never);
    lease?.release();
    lease?.release();
    expect(pool.free).toBe(2);
  });
});
