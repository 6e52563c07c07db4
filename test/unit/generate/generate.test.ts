import { describe, expect, test } from '@jest/globals';
import { replaceBetween, writeTables } from '../../../scripts/generate/action-readmes.ts';
import { kindOf, writeReader } from '../../../scripts/generate/inputs.ts';
import { writeSchema } from '../../../scripts/generate/schema.ts';

const input = (more: { default?: string; required?: boolean } = {}) => ({ description: 'What | it is.', ...more });

describe('typed readers', () => {
  test.each([
    ['force', input({ default: 'false' }), 'flag'],
    ['max-cost-usd', input(), 'usd'],
    ['runs', input(), 'list'],
    ['hyperparameters', input(), 'map'],
    ['spec', input({ default: 'trainyard.yml' }), 'required'],
    ['name', input({ required: true }), 'required'],
    ['environment', input(), 'text'],
    ['label', input({ default: '' }), 'text'],
  ])('%s %j is %s', (name, given, kind) => {
    expect(kindOf(name, given)).toBe(kind);
  });

  test('read every input once and fail with all problems', () => {
    const text = writeReader({
      id: 'a',
      folder: 'actions/a/',
      name: 'A',
      description: '',
      outputs: {},
      inputs: { 'max-cost-usd': input(), wait: input({ default: 'true' }) },
    });
    expect(text).toContain('readonly maxCostUsd: number | undefined;');
    expect(text).toContain('wait: reader.boolean("wait") ?? true,');
    expect(text).toContain('reader.declare(["max-cost-usd","wait"]);');
    expect(text.indexOf('throwProblems(reader.problems)')).toBeGreaterThan(text.indexOf('wait:'));
  });
});

describe('README tables', () => {
  test('escape what would end a cell', () => {
    const tables = writeTables({
      id: 'a',
      folder: '',
      name: 'A',
      description: '',
      outputs: { model: { description: 'x' } },
      inputs: { spec: input({ required: true }) },
    });
    expect(tables).toContain('What \\| it is.');
    expect(tables).toContain('**required**');
    expect(tables).toContain('`model`');
  });

  test('stand between the markers and nowhere else', () => {
    const page = 'a\n<!-- inputs:start -->\nold\n<!-- inputs:end -->\nb';
    const once = replaceBetween(page, 'inputs', 'new');
    expect(once).toBe('a\n<!-- inputs:start -->\n\nnew\n\n<!-- inputs:end -->\nb');
    expect(replaceBetween(once ?? '', 'inputs', 'new')).toBe(once);
    expect(replaceBetween('no markers', 'inputs', 'new')).toBeUndefined();
  });
});

describe('the JSON Schema', () => {
  const schema = writeSchema();

  test('knows every key, closed', () => {
    expect(schema.required).toEqual(['name']);
    expect(schema.additionalProperties).toBe(false);
    expect(Object.values(schema.properties ?? {}).every((property) => typeof property === 'object' && property.description)).toBe(
      true,
    );
  });

  test('an overlay needs nothing and has no overlays', () => {
    const overlay = schema.$defs?.['overlay'];
    expect(overlay?.properties).not.toHaveProperty('environments');
    expect(overlay).not.toHaveProperty('required');
    expect(overlay).not.toHaveProperty('properties.train.required');
    expect(overlay).not.toHaveProperty('properties.train.properties.runs.additionalProperties.required');
    // A list is replaced as a whole, so its items are complete.
    expect(overlay).toHaveProperty('properties.smoke.items.required', ['name', 'event', 'expect']);
    expect(overlay?.properties).toHaveProperty('train.properties.runs.additionalProperties.properties.spot');
  });
});
