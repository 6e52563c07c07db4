import { describe, expect, test } from '@jest/globals';
import { NormalizedSchema } from '@smithy/core/schema';
import type { StaticListSchema, StaticMapSchema, StaticStructureSchema } from '@smithy/types';
import { decodeQuery } from '../../../../src/cloud/wire/query.ts';

const tag: StaticStructureSchema = [3, 'ns', 'Tag', 0, ['Key', 'Value'], [0, 0]];
const tags: StaticListSchema = [1, 'ns', 'Tags', 0, tag];
const counts: StaticMapSchema = [2, 'ns', 'Counts', 0, 0, 1];
const input: StaticStructureSchema = [
  3,
  'ns',
  'Input',
  0,
  ['Name', 'Size', 'On', 'When', 'Tags', 'Flat', 'Counts'],
  [0, 1, 2, 4, tags, [64, { xmlFlattened: 1, xmlName: 'Item' }], counts],
];
const decode = (form: string) => decodeQuery(NormalizedSchema.of(input), new URLSearchParams(form));

describe('the query protocol', () => {
  const cases: [form: string, input: object][] = [
    ['Action=X&Version=1&Name=a', { Name: 'a' }],
    ['Name=&Size=3&On=true', { Name: '', Size: 3, On: true }],
    ['When=2026-11-22T04:00:00Z', { When: new Date('2026-11-22T04:00:00Z') }],
    ['Tags.member.1.Key=k&Tags.member.1.Value=v&Tags.member.2.Key=l', { Tags: [{ Key: 'k', Value: 'v' }, { Key: 'l' }] }],
    ['Tags=', { Tags: [] }],
    ['Item.1=a&Item.2=b', { Flat: ['a', 'b'] }],
    ['Counts.entry.1.key=x&Counts.entry.1.value=2', { Counts: { x: 2 } }],
  ];
  test.each(cases)('%s', (form, expected) => {
    expect(decode(form)).toEqual({ input: expected, unknown: [] });
  });

  test('names what no member took', () => {
    expect(decode('Name=a&Nmae=b&Tags.member.1.Colour=red').unknown).toEqual(['Nmae', 'Tags.member.1.Colour']);
  });

  test('ten members and more are one list', () => {
    const form = Array.from({ length: 12 }, (_, n) => `Item.${n + 1}=${n}`).join('&');
    expect(decode(form).input['Flat']).toHaveLength(12);
  });
});
