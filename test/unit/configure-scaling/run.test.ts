import { describe, expect, test } from '@jest/globals';
import { ActionError } from '../../../src/action-error.ts';
import { run, type ScalingDeps } from '../../../src/actions/configure-scaling/run.ts';
import type { RunContext } from '../../../src/records/context.ts';
import type { ScalingState } from '../../../src/serving/ports.ts';
import { releaseRecord, type ReleaseRecord } from '../../../src/serving/record.ts';
import { readSpec } from '../../../src/spec/read.ts';

const specText = (strategy: string) => `name: dogs
code: { directory: model, entry-point: train.py }
budget: { endpoint-per-month: 200 }
serve: { entry-point: i.py, image: scikit-learn-1.4-2, instance-type: ml.m5.large, strategy: ${strategy} }
scaling:
  endpoint: { min: 1, max: 3, invocations-per-minute: 30 }
  lambda: { provisioned: 2, reserved: 10 }
`;
const context: RunContext = {
  repository: { id: '1', owner: 'o', name: 'r' },
  serverUrl: 'https://github.com',
  event: 'push',
  commit: 'c'.repeat(40),
  ref: 'refs/tags/v1',
  defaultBranch: 'main',
  actor: 'octocat',
  workflow: { name: 'release', runId: '9', attempt: 1, job: 'deploy', step: '__self', matrix: 'null' },
};

/** An account with a candidate, version 4, which calls the endpoint dogs-a; live is version 3. */
async function world(strategy: 'alias' | 'in-place' = 'alias') {
  const abort = new AbortController();
  const calls: string[] = [];
  const lines: string[] = [];
  const outputs: Record<string, string> = {};
  const records: ReleaseRecord[] = [];
  let summary = '';
  let scaling: ScalingState | undefined;
  let reserved: number | undefined;
  const warm: Record<string, number> = {};
  const tell = (line: string) => void lines.push(line);
  const versions: Record<string, string> = { candidate: '4', live: '3' };
  const deps: ScalingDeps = {
    spec: await readSpec('trainyard.yml', { text: specText(strategy) }),
    context,
    region: 'us-east-1',
    functions: {
      alias: async (_name, alias) => {
        const version = versions[alias];
        return version === undefined ? undefined : { version, revision: 'r', weighted: false };
      },
      version: async (_name, version) => ({ version, environment: { TRAINYARD_ENDPOINT: 'dogs-a' }, description: '' }),
    },
    endpoints: {
      describe: async (name) => {
        if (name !== 'dogs-a') return undefined;
        const variant = { name: 'all', instances: 1, desiredInstances: 1 };
        return { name, arn: 'arn', status: 'InService', configName: 'dogs-a', pending: false, created: new Date(0), variant };
      },
    },
    configs: {
      describe: async (name) => ({
        name,
        arn: 'arn',
        modelName: name,
        instanceType: 'ml.m5.large',
        instanceCount: 1,
        created: new Date(0),
      }),
    },
    scaling: {
      read: async () => scaling,
      register: async (endpoint, _variant, range) => {
        calls.push(`register ${endpoint}`);
        scaling = { ...scaling, ...range };
      },
      putPolicy: async (endpoint, _variant, policy) => {
        calls.push(`policy ${endpoint}`);
        scaling = { min: 0, max: 0, ...scaling, policy };
      },
      deregister: async () => void calls.push('deregister'),
    },
    concurrency: {
      account: async () => ({ total: 1000, unreserved: 1000 }),
      reserved: async () => reserved,
      putReserved: async (_name, count) => {
        calls.push(`reserve ${count}`);
        reserved = count;
      },
      provisioned: async (_name, version) => {
        const count = warm[version];
        return count === undefined ? undefined : { requested: count, available: count, status: 'READY' };
      },
      putProvisioned: async (_name, version, count) => {
        calls.push(`provision ${version} ${count}`);
        warm[version] = count;
      },
      deleteProvisioned: async () => void calls.push('unprovision'),
    },
    prices: {
      hosting: async () => ({ kind: 'known', usdPerHour: 0.115, source: 'pricing-api', quality: 'observed', date: '2026-11-22' }),
    },
    records: { write: async (record) => void records.push(releaseRecord.parse(record)) },
    isRehearsal: async () => false,
    step: {
      output: (name, value) => {
        outputs[name] = value;
      },
      summary: async (text) => {
        summary += text;
      },
    },
    log: { info: tell, notice: tell, warning: tell, error: tell, untrusted: () => undefined, mask: () => undefined },
    clock: { now: () => new Date('2026-11-22T12:00:00Z'), sleep: async () => undefined },
    signal: abort.signal,
  };
  return { deps, calls, lines, outputs, records, summary: () => summary, cancel: () => abort.abort() };
}

/** Time stands still: only a cancel ends a wait. */
const sleep = (_ms: number, signal?: AbortSignal) => (signal?.aborted ? Promise.resolve() : new Promise<void>(() => undefined));
const forever = { now: () => new Date('2026-11-22T12:00:00Z'), sleep };
const told = (deps: ScalingDeps) =>
  run({ dryRun: false }, deps).then(
    () => 'done',
    (error: unknown) => (error instanceof ActionError ? `${error.kind}: ${error.message}` : String(error)),
  );
const mayNot = () => Promise.reject(new ActionError({ kind: 'permission', message: 'You may not.', fix: 'Ask.' }));

describe('configure-scaling', () => {
  test('brings everything to the spec, and records before and after', async () => {
    const { deps, calls, lines, outputs, records, summary } = await world();
    await run({ dryRun: false }, deps);
    expect(calls).toEqual(['reserve 10', 'register dogs-a', 'policy dogs-a', 'provision 4 2']);
    expect(records).toMatchObject([
      {
        kind: 'scaling',
        release: 'dogs-a',
        endpoint: { min: 1, max: 3, invocationsPerMinute: 30 },
        lambda: { provisioned: 2, reserved: 10, memoryMb: 256 },
        changes: [{ setting: 'Reserved concurrency', after: '10' }, { setting: 'Machines of dogs-a', after: '1 to 3' }, {}, {}],
      },
    ]);
    expect(JSON.parse(outputs['changes'] ?? '')).toContainEqual({ setting: 'Reserved concurrency', before: null, after: '10' });
    expect(lines).toContain('Endpoint: $83.95 to $251.85 a month for 1 to 3 × ml.m5.large ($0.115/h, Pricing API, 2026-11-22).');
    expect(lines.join('\n')).toContain('more than budget.endpoint-per-month ($200.00)');
    expect(summary()).toContain('| Reserved concurrency | not set | 10 |');
  });

  test('a second run changes nothing and says so', async () => {
    const { deps, calls, lines, outputs, records } = await world();
    await run({ dryRun: false }, deps);
    calls.length = 0;
    await run({ dryRun: false }, deps);
    expect(calls).toEqual([]);
    expect(lines).toContain('Scaling is as the spec says: nothing was changed.');
    expect(outputs['changes']).toBe('[]');
    expect(records.at(-1)).toMatchObject({ changes: [] });
  });

  test('a dry run says what would change, and neither changes nor records it', async () => {
    const { deps, calls, lines, outputs, records } = await world();
    await run({ dryRun: true }, deps);
    expect(calls).toEqual([]);
    expect(records).toEqual([]);
    expect(outputs['changes']).toBe('[]');
    expect(lines).toContain('Dry run: 4 settings would change.');
  });

  test('in place it is planned for the endpoint that callers use, which need not be there yet', async () => {
    const { deps, calls, lines, records } = await world('in-place');
    await run({ dryRun: false }, deps);
    expect(calls).toEqual(['reserve 10']);
    expect(lines).toContain('  Machines of dogs-live: not set → 1 to 3 (by promote-endpoint)');
    expect(lines).toContain(
      'Scaling changed: 1 setting; Planned for the live endpoint: 2 settings, which promote-endpoint applies.',
    );
    expect(lines.join('\n')).toContain('scaling.lambda.provisioned is not used with strategy in-place');
    expect(lines.join('\n')).not.toContain('warm environments');
    expect(records).toMatchObject([{ release: 'dogs-a', changes: [{ setting: 'Reserved concurrency', after: '10' }] }]);
    expect(records[0]).toHaveProperty('lambda', { reserved: 10, memoryMb: 256 });
  });

  describe('a cancel', () => {
    test('while it looks changes nothing, and says so', async () => {
      const { deps, calls, records, cancel } = await world();
      const account = async () => {
        cancel();
        return { total: 1000, unreserved: 1000 };
      };
      expect(await told({ ...deps, concurrency: { ...deps.concurrency, account } })).toBe(
        'stopped: The workflow was cancelled. Nothing was changed.',
      );
      expect([calls, records]).toEqual([[], []]);
    });

    test('between two calls says what was changed by then and what was not', async () => {
      const { deps, calls, records, cancel } = await world();
      const register: ScalingDeps['scaling']['register'] = async (...asked) => {
        cancel();
        await deps.scaling.register(...asked);
      };
      expect(await told({ ...deps, clock: forever, scaling: { ...deps.scaling, register } })).toBe(
        'stopped: The workflow was cancelled. Changed: reserved concurrency 10, machines 1 to 3. Not changed: scaling target 30 calls per minute and machine, provisioned concurrency 2.',
      );
      expect(calls).toEqual(['reserve 10', 'register dogs-a']);
      expect(records).toEqual([]);
    });

    test('during a call that is not answered in time says that nobody knows', async () => {
      const { deps, cancel } = await world();
      const putReserved = () => {
        cancel();
        return new Promise<void>(() => undefined);
      };
      expect(await told({ ...deps, concurrency: { ...deps.concurrency, putReserved } })).toBe(
        'stopped: The workflow was cancelled. Nothing else was changed. Asked for, and not known whether changed: reserved concurrency 10. Not changed: machines 1 to 3, scaling target 30 calls per minute and machine, provisioned concurrency 2.',
      );
    });

    test('while environments are warmed says that they still are', async () => {
      const { deps, cancel } = await world();
      let asked = 0;
      const provisioned = async () => {
        asked += 1;
        if (asked > 2) cancel();
        return asked > 2 ? ({ requested: 2, available: 1, status: 'IN_PROGRESS' } as const) : undefined;
      };
      expect(await told({ ...deps, clock: forever, concurrency: { ...deps.concurrency, provisioned } })).toMatch(
        /Changed: reserved concurrency 10, .*, provisioned concurrency 2\. The environments are still being warmed\.$/,
      );
    });
  });

  test('what AWS refuses in the middle does not hide what was changed before', async () => {
    const { deps, lines } = await world();
    await expect(run({ dryRun: false }, { ...deps, scaling: { ...deps.scaling, register: mayNot } })).rejects.toThrow(
      'You may not.',
    );
    expect(lines.at(-1)).toBe(
      'Changed: reserved concurrency 10. Not changed: machines 1 to 3, scaling target 30 calls per minute and machine, provisioned concurrency 2.',
    );
  });

  test('everything that AWS would refuse is told before the first call', async () => {
    const { deps, calls, records } = await world();
    const concurrency = { ...deps.concurrency, account: async () => ({ total: 10, unreserved: 10 }) };
    const endpoints = { describe: async () => undefined };
    await expect(run({ dryRun: false }, { ...deps, concurrency, endpoints })).rejects.toThrow(
      '2 problems: endpoint dogs-a, scaling.lambda.reserved',
    );
    expect(calls).toEqual([]);
    expect(records).toEqual([]);
  });

  test('without a candidate says what to run before', async () => {
    const { deps } = await world();
    const functions = { ...deps.functions, alias: async () => undefined };
    await expect(run({ dryRun: false }, { ...deps, functions })).rejects.toMatchObject({
      kind: 'configuration',
      fix: expect.stringContaining('deploy-endpoint'),
    });
  });
});
