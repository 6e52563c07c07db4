import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { canonicalJson, getFingerprint, type Ingredients } from '../../../src/training/fingerprint.ts';
import { getBaseName, getJobName, getTags, isJobOf, isOurs } from '../../../src/training/identity.ts';
import { context } from '../train-model/world.ts';

const run = { specName: 'dogs', specPath: 'trainyard.yml', label: 'single', context };
const legal = /^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$/;

describe('names', () => {
  test('are stable', () => {
    expect(getBaseName(run)).toMatch(/^dogs-single-[0-9a-f]{10}$/);
    expect(getBaseName(run)).toBe(getBaseName(structuredClone(run)));
  });

  test('do not change with the attempt, so a re-run finds its jobs', () => {
    const again = { ...context, workflow: { ...context.workflow, attempt: 4 } };
    expect(getBaseName({ ...run, context: again })).toBe(getBaseName(run));
  });

  test.each([
    ['repository', { ...run, context: { ...context, repository: { ...context.repository, id: '43' } } }],
    ['run', { ...run, context: { ...context, workflow: { ...context.workflow, runId: '9' } } }],
    ['job', { ...run, context: { ...context, workflow: { ...context.workflow, job: 'other' } } }],
    ['step', { ...run, context: { ...context, workflow: { ...context.workflow, step: '__self_2' } } }],
    ['leg of the matrix', { ...run, context: { ...context, workflow: { ...context.workflow, matrix: '{"size":1}' } } }],
    ['spec', { ...run, specPath: 'other.yml' }],
  ])('differ by %s', (_, other) => {
    expect(getBaseName(other)).not.toBe(getBaseName(run));
  });

  test('are legal for SageMaker whatever spec and label are called', () => {
    const word = fc.stringMatching(/^[a-z](?:[a-z0-9-]{0,18}[a-z0-9])?$/);
    fc.assert(
      fc.property(word, word, fc.integer({ min: 1, max: 50 }), (specName, label, attempt) => {
        expect(getJobName(getBaseName({ ...run, specName, label }), attempt)).toMatch(legal);
      }),
    );
  });

  test.each([
    ['x-a1', true],
    ['x-a12', true],
    ['x-a0', false],
    ['x-a1-a1', false],
    ['x-a', false],
    ['y-a1', false],
  ])('%s is a job of x: %s', (name, expected) => {
    expect(isJobOf('x', name)).toBe(expected);
  });
});

describe('tags', () => {
  const tags = getTags(context, 'dogs', new Date('2026-03-01T10:00:00.123Z'), { team: 'vision', 'trainyard:run': 'evil' });

  test('say whose a job is, and win over the spec', () => {
    expect(tags).toEqual({
      team: 'vision',
      'trainyard:repo': 'acme/dogs',
      'trainyard:run': '1001',
      'trainyard:attempt': '1',
      'trainyard:expires-at': '2026-03-01T10:00:00Z',
      'trainyard:name': 'dogs',
    });
  });

  test.each([
    ['another attempt', { ...tags, 'trainyard:attempt': '2' }, true],
    ['another run', { ...tags, 'trainyard:run': '1002' }, false],
    ['another repository', { ...tags, 'trainyard:repo': 'acme/cats' }, false],
    ['no tags', {}, false],
  ])('with %s a job is told', (_, some, expected) => {
    expect(isOurs(some, context)).toBe(expected);
  });
});

describe('fingerprints', () => {
  const ingredients: Ingredients = {
    codeHash: 'a',
    entryPoint: 'train.py',
    image: 'image',
    data: { training: 'd' },
    hyperparameters: { epochs: '5', rate: '0.10' },
    environment: {},
    metrics: {},
    machines: { instanceTypes: ['ml.m5.xlarge'], instanceCount: 1, spot: false },
    isolation: false,
    overrides: {},
  };
  const changes: Partial<Ingredients>[] = [
    { codeHash: 'b' },
    { entryPoint: 'other.py' },
    { image: 'other' },
    { data: { training: 'e' } },
    { data: { test: 'd' } },
    { hyperparameters: { epochs: '5', rate: '0.1' } },
    { environment: { DEBUG: '1' } },
    { metrics: { loss: 'x' } },
    { machines: { instanceTypes: ['ml.m5.xlarge'], instanceCount: 2, spot: false } },
    { machines: { instanceTypes: ['ml.m5.2xlarge'], instanceCount: 1, spot: false } },
    { isolation: true },
    { overrides: { EnableInterContainerTrafficEncryption: true } },
  ];

  test.each(changes)('change with %j', (change) => {
    expect(getFingerprint({ ...ingredients, ...change })).not.toBe(getFingerprint(ingredients));
  });

  test('do not change with the order of keys', () => {
    const turned = { ...ingredients, hyperparameters: { rate: '0.10', epochs: '5' } };
    expect(getFingerprint(turned)).toBe(getFingerprint(ingredients));
  });

  test('rest on JSON that is one text for one value', () => {
    const entries = fc.uniqueArray(fc.tuple(fc.string(), fc.jsonValue()), { selector: ([key]) => key });
    fc.assert(
      fc.property(entries, (list) => {
        const text = canonicalJson(Object.fromEntries(list));
        expect(canonicalJson(Object.fromEntries(list.toReversed()))).toBe(text);
        expect(canonicalJson(JSON.parse(text))).toBe(text);
      }),
    );
  });
});
