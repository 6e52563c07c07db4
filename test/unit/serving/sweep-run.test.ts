import { describe, expect, test } from '@jest/globals';
import type { SweepStep, SweptKind } from '../../../src/serving/sweep-step.ts';
import { runSweep, type SweepDeps } from '../../../src/serving/sweep-run.ts';

const step = (kind: SweptKind, name: string, needs: string[] = [], more: Partial<SweepStep> = {}): SweepStep => ({
  id: `${kind} ${name}`,
  action: 'remove',
  kind,
  name,
  why: 'it expired',
  needs,
  ...more,
});

interface Behaviour {
  /** How often deleting the endpoint of this name comes to busy. */
  busy?: Record<string, number>;
  fails?: string[];
  needed?: string[];
}

function world({ busy = {}, fails = [], needed = [] }: Behaviour = {}) {
  const calls: string[] = [];
  const lines: string[] = [];
  const written: unknown[] = [];
  let now = Date.UTC(2026, 10, 22, 12);
  const remove = async (what: string) => {
    if (fails.includes(what)) throw new Error(`no ${what}`);
    calls.push(what);
    return 'deleted' as const;
  };
  const deps: SweepDeps = {
    functionName: 'dogs-invoke',
    keepPreviousSeconds: 3600,
    functions: {
      deleteAlias: async (name, alias) => void (await remove(`${name}:${alias}`)),
      deleteVersion: async (name, version) => void (await remove(`${name}:${version}`)),
    },
    endpoints: {
      delete: async (name) => {
        const left = busy[name] ?? 0;
        busy[name] = left - 1;
        return left > 0 ? 'busy' : remove(`endpoint ${name}`);
      },
    },
    configs: { delete: (name) => remove(`config ${name}`) },
    models: { delete: (name) => remove(`model ${name}`) },
    scaling: { deregister: async (name, variant) => void (await remove(`scaling ${name}/${variant}`)) },
    concurrency: { deleteProvisioned: async (name, version) => void (await remove(`warm ${name}:${version}`)) },
    tags: {
      read: async () => ({ 'trainyard:repo': 'o/r', 'trainyard:expires-at': 'never', team: 'dogs' }),
      write: async (arn, tags) => void written.push([arn, tags]),
    },
    patienceMs: 180_000,
    isNeededNow: async ({ id }) => needed.includes(id),
    log: {
      info: (line) => void lines.push(line),
      notice: () => undefined,
      warning: () => undefined,
      error: () => undefined,
      untrusted: () => undefined,
      mask: () => undefined,
    },
    clock: {
      now: () => new Date(now),
      sleep: async (ms) => {
        now += ms;
      },
    },
  };
  return { deps, calls, lines, written, elapsed: () => now - Date.UTC(2026, 10, 22, 12) };
}
const ids = (steps: readonly SweepStep[]) => steps.map(({ id }) => id);

const whole = [
  step('alias', 'candidate'),
  step('scaling', 'a', ['alias candidate']),
  step('endpoint', 'a', ['alias candidate', 'scaling a']),
  step('endpoint-config', 'a', ['endpoint a']),
  step('model', 'a', ['endpoint-config a']),
  step('provisioned-concurrency', '1', ['alias candidate']),
  step('version', '1', ['alias candidate', 'provisioned-concurrency 1']),
];

describe('runSweep', () => {
  test('does every step in its order', async () => {
    const { deps, calls } = world();
    const result = await runSweep(whole, deps);
    expect(calls).toEqual([
      'dogs-invoke:candidate',
      'scaling a/all',
      'endpoint a',
      'config a',
      'model a',
      'warm dogs-invoke:1',
      'dogs-invoke:1',
    ]);
    expect(ids(result.removed)).toEqual(ids(whole));
    expect(result).toMatchObject({ busy: [], failed: [], marked: [] });
  });

  test('what is busy is tried again, and what needs it comes after it', async () => {
    const { deps, calls, lines, elapsed } = world({ busy: { a: 2 } });
    const result = await runSweep(whole, deps);
    expect(lines.filter((line) => line.includes('endpoint a'))).toEqual([
      'Busy: endpoint a. AWS lets nobody delete it while it is being created or updated; it is tried again for up to 3 m 00 s.',
      'Removed endpoint a: it expired.',
    ]);
    expect(calls.slice(-3)).toEqual(['endpoint a', 'config a', 'model a']);
    expect(result.removed).toHaveLength(whole.length);
    expect(elapsed()).toBe(10_000);
  });

  test('what stays busy is left to the next sweep within minutes, with all that needs it, and nothing else', async () => {
    const { deps, calls, lines, elapsed } = world({ busy: { a: 1000 } });
    const result = await runSweep([...whole, step('model', 'b')], deps);
    expect(ids(result.busy)).toEqual(['endpoint a']);
    expect(lines.filter((line) => line.startsWith('Busy'))).toHaveLength(1);
    expect(calls).toEqual(['dogs-invoke:candidate', 'scaling a/all', 'warm dogs-invoke:1', 'dogs-invoke:1', 'model b']);
    expect(elapsed()).toBe(deps.patienceMs);
  });

  test('what fails stops those that need it, and no other', async () => {
    const { deps, calls } = world({ fails: ['endpoint a'] });
    const result = await runSweep([...whole, step('endpoint', 'b')], deps);
    expect(result.failed.map(({ step: one, error }) => `${one.id}: ${String(error)}`)).toEqual([
      'endpoint a: Error: no endpoint a',
    ]);
    expect(calls).toContain('endpoint b');
    expect(calls).not.toContain('config a');
  });

  test('what has come into use meanwhile stays, with all that it needs', async () => {
    const { deps, calls } = world({ needed: ['endpoint a'] });
    const result = await runSweep(whole, deps);
    expect(calls).not.toContain('endpoint a');
    expect(calls).not.toContain('config a');
    expect(result).toMatchObject({ busy: [], failed: [] });
  });

  test('a mark gives a time and keeps our other tags, which the CI role must write with it', async () => {
    const { deps, calls, written } = world();
    const result = await runSweep([step('endpoint', 'a', [], { action: 'mark', arn: 'arn:a' })], deps);
    expect(calls).toEqual([]);
    expect(written).toEqual([['arn:a', { 'trainyard:repo': 'o/r', 'trainyard:expires-at': '2026-11-22T13:00:00Z' }]]);
    expect(ids(result.marked)).toEqual(['endpoint a']);
  });
});
