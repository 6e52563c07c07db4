import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { Inventory, SweptConfig, SweptEndpoint, SweptVersion } from '../../../src/serving/sweep-inventory.ts';
import { planSweep } from '../../../src/serving/sweep-plan.ts';
import type { SweepStep } from '../../../src/serving/sweep-step.ts';
import { getProtection } from '../../../src/serving/sweep-protect.ts';

const now = new Date('2026-11-22T12:00:00Z');
const past = '2026-11-22T11:00:00Z';
const future = '2026-11-22T13:00:00Z';
const settings = { specName: 'dogs', graceSeconds: 3600 };

const tagsOf = (expires: string | undefined, more: Record<string, string> = {}) => ({
  'trainyard:run': '7',
  ...(expires === undefined ? {} : { 'trainyard:expires-at': expires }),
  ...more,
});
const base = (kind: string, name: string, expires: string | undefined) => ({
  name,
  arn: `arn:${kind}/${name}`,
  created: new Date('2026-11-22T09:00:00Z'),
  tags: tagsOf(expires),
});
const endpoint = (name: string, expires: string | undefined, more: Partial<SweptEndpoint> = {}): SweptEndpoint => ({
  ...base('endpoint', name, expires),
  status: 'InService',
  configName: name,
  pending: false,
  instances: 1,
  scaled: true,
  ...more,
});
const config = (name: string, expires: string | undefined, modelName = name): SweptConfig => ({
  ...base('endpoint-config', name, expires),
  modelName,
  instanceType: 'ml.m5.large',
  instanceCount: 1,
});
const model = (name: string, expires: string | undefined) => base('model', name, expires);
const version = (number: string, calls: string | undefined, more: Partial<SweptVersion> = {}): SweptVersion => ({
  version: number,
  endpoint: calls,
  modified: new Date('2026-11-22T09:00:00Z'),
  provisioned: 0,
  ...more,
});

/** One release as deploy-endpoint leaves it. */
const release = (name: string, expires: string | undefined, number: string) => ({
  endpoints: [endpoint(name, expires)],
  configs: [config(name, expires)],
  models: [model(name, expires)],
  versions: [version(number, name)],
});
type Parts = ReturnType<typeof release>;
const inventory = (parts: readonly Parts[], more: Partial<Inventory> = {}): Inventory => ({
  functionName: 'dogs-invoke',
  now,
  endpoints: parts.flatMap(({ endpoints }) => endpoints),
  configs: parts.flatMap(({ configs }) => configs),
  models: parts.flatMap(({ models }) => models),
  versions: parts.flatMap(({ versions }) => versions),
  aliases: {},
  promoting: false,
  endedRuns: new Set(),
  ...more,
});
const idsOf = (steps: readonly SweepStep[]) => steps.map(({ action, id }) => (action === 'mark' ? `mark ${id}` : id));
const plan = (seen: Inventory) => idsOf(planSweep(seen, settings).steps);

describe('planSweep', () => {
  test('an expired candidate goes whole, in the order AWS allows', () => {
    const seen = inventory([release('dogs-a', past, '1')], { aliases: { candidate: { version: '1' } } });
    expect(plan(seen)).toEqual([
      'alias candidate',
      'scaling dogs-a',
      'endpoint dogs-a',
      'endpoint-config dogs-a',
      'model dogs-a',
      'version 1',
    ]);
    const steps = planSweep(seen, settings).steps;
    expect(steps.map(({ needs }) => needs)).toEqual([
      [],
      ['alias candidate'],
      ['alias candidate', 'scaling dogs-a'],
      ['endpoint dogs-a'],
      ['endpoint-config dogs-a'],
      ['alias candidate'],
    ]);
    expect(steps[0]?.why).toBe('nobody promoted it in time');
    expect(steps[2]?.why).toBe(`it expired at ${past}`);
  });

  test('warm environments go before their version', () => {
    const parts = release('dogs-a', past, '1');
    const seen = inventory([{ ...parts, versions: [version('1', 'dogs-a', { provisioned: 2 })] }], {
      aliases: { candidate: { version: '1' } },
    });
    expect(plan(seen).slice(-2)).toEqual(['provisioned-concurrency 1', 'version 1']);
  });

  test.each([
    ['live, although its tags say it expired', { live: { version: '1' } }, past],
    ['live, which never expires', { live: { version: '1' } }, 'never'],
    ['a candidate in its time', { candidate: { version: '1' } }, future],
    ['the way back in its time', { previous: { version: '1' } }, future],
    ['live that is the candidate, too', { live: { version: '1' }, candidate: { version: '1' } }, past],
  ])('%s stays whole', (_what, aliases, expires) => {
    expect(plan(inventory([release('dogs-a', expires, '1')], { aliases }))).toEqual([]);
  });

  test('live and its way back stay while what both replaced goes', () => {
    const seen = inventory([release('dogs-a', past, '1'), release('dogs-b', future, '2'), release('dogs-c', 'never', '3')], {
      aliases: { previous: { version: '2' }, live: { version: '3' }, candidate: { version: '3' } },
    });
    expect(plan(seen)).toEqual(['scaling dogs-a', 'endpoint dogs-a', 'endpoint-config dogs-a', 'model dogs-a', 'version 1']);
  });

  test('the way back goes when its time is over', () => {
    const seen = inventory([release('dogs-b', past, '2'), release('dogs-c', 'never', '3')], {
      aliases: { previous: { version: '2' }, live: { version: '3' } },
    });
    expect(plan(seen)).toEqual([
      'alias previous',
      'scaling dogs-b',
      'endpoint dogs-b',
      'endpoint-config dogs-b',
      'model dogs-b',
      'version 2',
    ]);
  });

  test('during a promotion nothing that an alias names goes, whatever the tags say', () => {
    const seen = inventory([release('dogs-b', past, '2'), release('dogs-c', past, '3'), release('dogs-d', past, '4')], {
      aliases: { previous: { version: '2' }, live: { version: '3' }, candidate: { version: '4' } },
      promoting: true,
    });
    expect(plan(seen)).toEqual([]);
  });

  test('an endpoint of a run that is over goes before its time when no alias names it, and stays while it may be handed on', () => {
    const left = { ...release('dogs-a', future, '1'), versions: [version('1', 'dogs-a', { modified: now })] };
    expect(plan(inventory([left]))).toEqual([]);
    const ended = new Set(['7']);
    expect(plan(inventory([left], { endedRuns: ended }))).toEqual(['scaling dogs-a', 'endpoint dogs-a', 'version 1']);
    expect(plan(inventory([left], { endedRuns: ended, aliases: { candidate: { version: '1' } } }))).toEqual([]);
  });

  test('what nobody names and nothing gives a time gets one, instead of going at once or billing for ever', () => {
    expect(plan(inventory([release('dogs-a', 'never', '1')], { aliases: { live: { version: '9' } } }))).toContain(
      'mark endpoint dogs-a',
    );
    const seen = inventory([release('dogs-b', 'never', '2'), release('dogs-c', 'never', '3')], {
      aliases: { previous: { version: '2' }, live: { version: '3' } },
    });
    expect(plan(seen)).toEqual(['mark endpoint dogs-b']);
  });

  test('an alias whose endpoint is gone goes with its version', () => {
    const seen = inventory([], { versions: [version('1', 'dogs-a')], aliases: { candidate: { version: '1' } } });
    expect(plan(seen)).toEqual(['alias candidate', 'version 1']);
  });

  test('the endpoint of the stable name, what it runs and what it can go back to stay', () => {
    const stable = endpoint('dogs-live', past, {
      configName: 'dogs-b-x2',
      tags: tagsOf(past, { 'trainyard:previous-config': 'dogs-a-x2' }),
    });
    const seen = inventory([], {
      endpoints: [stable],
      configs: [config('dogs-a-x2', past, 'dogs-a'), config('dogs-b-x2', past, 'dogs-b'), config('dogs-c', past)],
      models: [model('dogs-a', past), model('dogs-b', past), model('dogs-c', past)],
    });
    expect(plan(seen)).toEqual(['endpoint-config dogs-c', 'model dogs-c']);
  });

  test('no configuration goes while an endpoint is being updated: which one it goes to cannot be seen', () => {
    const stable = endpoint('dogs-live', 'never', { configName: 'dogs-b', status: 'Updating' });
    const seen = inventory([], {
      endpoints: [stable],
      configs: [config('dogs-b', 'never'), config('dogs-c', past)],
      models: [model('dogs-c', past)],
    });
    expect(plan(seen)).toEqual([]);
  });

  test('a configuration that another endpoint runs, and a model that another configuration names, stay', () => {
    const seen = inventory([], {
      endpoints: [endpoint('dogs-a', past), endpoint('dogs-b', future, { configName: 'dogs-a' })],
      configs: [config('dogs-a', past), config('dogs-c', past, 'dogs-a')],
      models: [model('dogs-a', past)],
    });
    expect(plan(seen)).toEqual(['scaling dogs-a', 'endpoint dogs-a', 'endpoint-config dogs-c']);
  });

  test('versions: a new one may become a candidate, an old one that nobody names goes, a stranger’s stays', () => {
    const parts = release('dogs-a', 'never', '1');
    const versions = [
      ...parts.versions,
      version('2', 'dogs-a', { modified: new Date('2026-11-22T11:30:00Z') }),
      version('3', 'dogs-a'),
      version('4', undefined),
    ];
    expect(plan(inventory([{ ...parts, versions }], { aliases: { live: { version: '1' } } }))).toEqual(['version 3']);
  });

  test('everything has a reason', () => {
    const seen = inventory([release('dogs-a', past, '1'), release('dogs-b', 'never', '2')], {
      aliases: { live: { version: '2' } },
    });
    const { steps, kept } = planSweep(seen, settings);
    for (const { why } of [...steps, ...kept]) expect(why).toMatch(/\w/);
    expect(kept.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      'endpoint dogs-b',
      'endpoint-config dogs-b',
      'model dogs-b',
      'version 2',
    ]);
  });
});

const uniqueBy = <T>(item: fc.Arbitrary<T>, selector: (value: T) => string) => fc.uniqueArray(item, { selector, maxLength: 5 });

/** The smallest inventory that the check throws for, with its reason; undefined when there is none among so many. */
function findCounterexample<T>(anything: fc.Arbitrary<T>, check: (seen: T) => void, numRuns: number): string | undefined {
  const { failed, counterexample, errorInstance } = fc.check(fc.property(anything, check), { numRuns });
  return failed ? `${JSON.stringify(counterexample)}: ${String(errorInstance)}` : undefined;
}

describe('whatever the lists', () => {
  const names = fc.constantFrom('dogs-a', 'dogs-b', 'dogs-c', 'dogs-c-x2', 'dogs-live');
  const expires = fc.constantFrom(past, future, 'never', undefined, 'nonsense');
  const numbers = fc.constantFrom('1', '2', '3', '4');
  const status = fc.constantFrom('InService', 'Updating', 'Creating', 'Failed', 'Deleting', 'RollingBack') as fc.Arbitrary<
    SweptEndpoint['status']
  >;
  const tagged = fc.record({ name: names, expires, run: fc.constantFrom('7', '8'), back: fc.option(names, { nil: undefined }) });
  const anything: fc.Arbitrary<Inventory> = fc.record({
    functionName: fc.constant('dogs-invoke'),
    now: fc.constant(now),
    endpoints: uniqueBy(
      fc.tuple(tagged, status, names, fc.boolean()).map(([at, is, configName, pending]) =>
        endpoint(at.name, at.expires, {
          status: is,
          configName,
          pending,
          tags: tagsOf(at.expires, {
            'trainyard:run': at.run,
            ...(at.back === undefined ? {} : { 'trainyard:previous-config': at.back }),
          }),
        }),
      ),
      ({ name }) => name,
    ),
    configs: uniqueBy(
      fc.tuple(tagged, names).map(([at, of]) => config(at.name, at.expires, of)),
      ({ name }) => name,
    ),
    models: uniqueBy(
      tagged.map((at) => model(at.name, at.expires)),
      ({ name }) => name,
    ),
    versions: uniqueBy(
      fc
        .tuple(numbers, fc.option(names, { nil: undefined }), fc.boolean(), fc.nat(3))
        .map(([number, calls, old, provisioned]) =>
          version(number, calls, { modified: old ? new Date('2026-11-22T09:00:00Z') : now, provisioned }),
        ),
      (one) => one.version,
    ),
    aliases: fc.record(
      {
        candidate: fc.record({ version: numbers }),
        live: fc.record({ version: numbers }),
        previous: fc.record({ version: numbers }),
      },
      { requiredKeys: [] },
    ),
    promoting: fc.boolean(),
    endedRuns: fc.constantFrom(new Set<string>(), new Set(['7']), new Set(['7', '8'])),
  });

  /** What must stay, said anew and without the code under test. */
  function mustStay(seen: Inventory): {
    endpoints: Set<string>;
    versions: Set<string>;
    configs: Set<string>;
    models: Set<string>;
  } {
    const endpoints = new Set(['dogs-live']);
    const versions = new Set<string>();
    for (const [alias, named] of Object.entries(seen.aliases)) {
      const calls = seen.versions.find((one) => one.version === named.version)?.endpoint;
      const target = seen.endpoints.find(({ name }) => name === calls);
      const expired = target?.tags['trainyard:expires-at'] === past;
      if (alias !== 'live' && !seen.promoting && (expired || !target) && calls !== undefined) continue;
      versions.add(named.version);
      if (calls !== undefined) endpoints.add(calls);
    }
    const standing = seen.endpoints.filter(({ name }) => endpoints.has(name));
    const configs = new Set(standing.map(({ configName }) => configName));
    const models = new Set(seen.configs.filter(({ name }) => configs.has(name)).map(({ modelName }) => modelName));
    return { endpoints, versions, configs, models };
  }

  test('nothing that is in use is removed, nor anything it stands on', () => {
    const found = findCounterexample(
      anything,
      (seen) => {
        const removed = planSweep(seen, settings).steps.filter(({ action }) => action === 'remove');
        const stay = mustStay(seen);
        for (const { kind, name } of removed) {
          if (kind === 'endpoint' || kind === 'scaling') expect(stay.endpoints).not.toContain(name);
          if (kind === 'endpoint-config') expect(stay.configs).not.toContain(name);
          if (kind === 'model') expect(stay.models).not.toContain(name);
          if (kind === 'version' || kind === 'provisioned-concurrency') expect(stay.versions).not.toContain(name);
          if (kind === 'alias') expect(name).not.toBe('live');
        }
      },
      2000,
    );
    expect(found).toBeUndefined();
  });

  test('nothing that protection names is removed', () => {
    const found = findCounterexample(
      anything,
      (seen) => {
        const { endpoints, configs, models, versions } = getProtection(seen, 'dogs');
        const by = {
          endpoint: endpoints,
          scaling: endpoints,
          'endpoint-config': configs,
          model: models,
          version: versions,
          'provisioned-concurrency': versions,
          machine: new Map(),
        };
        for (const { kind, name, action } of planSweep(seen, settings).steps) {
          if (action === 'remove' && kind !== 'alias') expect(by[kind].has(name)).toBe(false);
        }
      },
      1000,
    );
    expect(found).toBeUndefined();
  });

  test('every step comes after what it needs, once, and no user outlives what it uses', () => {
    const found = findCounterexample(
      anything,
      (seen) => {
        const { steps } = planSweep(seen, settings);
        const place = new Map(steps.map(({ id }, index) => [id, index]));
        expect(place.size).toBe(steps.length);
        for (const [index, { needs }] of steps.entries()) for (const need of needs) expect(place.get(need)).toBeLessThan(index);
        const gone = (kind: string) =>
          new Set(steps.filter((step) => step.kind === kind && step.action === 'remove').map(({ name }) => name));
        for (const one of seen.endpoints) {
          if (one.status !== 'Deleting' && !gone('endpoint').has(one.name))
            expect(gone('endpoint-config')).not.toContain(one.configName);
        }
        for (const one of seen.configs)
          if (!gone('endpoint-config').has(one.name)) expect(gone('model')).not.toContain(one.modelName);
      },
      1000,
    );
    expect(found).toBeUndefined();
  });

  test('a second sweep after a first that did everything finds nothing more to remove but what was marked', () => {
    const found = findCounterexample(
      anything,
      (seen) => {
        const { steps } = planSweep(seen, settings);
        const is = (kind: string, name: string, action: string) =>
          steps.some((step) => step.kind === kind && step.name === name && step.action === action);
        const stays = (kind: string) => (one: { name: string }) => !is(kind, one.name, 'remove');
        const marked = <T extends { name: string; tags: Record<string, string> }>(kind: string, one: T): T =>
          is(kind, one.name, 'mark') ? { ...one, tags: { ...one.tags, 'trainyard:expires-at': future } } : one;
        const after: Inventory = {
          ...seen,
          endpoints: seen.endpoints.filter(stays('endpoint')).map((one) => marked('endpoint', one)),
          configs: seen.configs.filter(stays('endpoint-config')).map((one) => marked('endpoint-config', one)),
          models: seen.models.filter(stays('model')).map((one) => marked('model', one)),
          versions: seen.versions.filter((one) => !is('version', one.version, 'remove')),
          aliases: Object.fromEntries(Object.entries(seen.aliases).filter(([name]) => !is('alias', name, 'remove'))),
        };
        const again = planSweep(after, settings)
          .steps.filter(({ action }) => action === 'mark')
          .map(({ id }) => id);
        expect(again.filter((id) => steps.some((step) => step.id === id && step.action === 'mark'))).toEqual([]);
      },
      500,
    );
    expect(found).toBeUndefined();
  });
});
