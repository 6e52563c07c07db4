import type { NormalizedSchema } from '@smithy/core/schema';
import type { SchemaTraitsObject } from '@smithy/types';
import { stringReader } from './codecs.ts';

/** How a dialect of the query protocol names members in a form. */
export interface QueryNames {
  /** Key of a structure's member. */
  readonly keyOf: (name: string, traits: SchemaTraitsObject) => string;
  /** No list has a middle word, whatever its traits say. */
  readonly flatLists: boolean;
}

const awsQueryNames: QueryNames = { keyOf: (name, traits) => traits.xmlName ?? name, flatLists: false };

/**
 * Reads a form of the query protocol by schema: `Tags.member.1.Key=a` and `Entries.entry.1.key=a`; flattened ones without the middle word.
 * `unknown` are the fields that no member took, beside `Action` and `Version`.
 */
export function decodeQuery(
  schema: NormalizedSchema,
  form: URLSearchParams,
  names: QueryNames = awsQueryNames,
): { input: Record<string, unknown>; unknown: string[] } {
  const taken = new Set(['Action', 'Version']);
  const take = (key: string) => {
    const value = form.get(key);
    if (value !== null) taken.add(key);
    return value ?? undefined;
  };
  const prefixes = new Set(
    [...form.keys()].flatMap((key) => key.split('.').map((_, n, parts) => parts.slice(0, n + 1).join('.'))),
  );
  const has = (prefix: string) => prefixes.has(prefix);

  function readStruct(struct: NormalizedSchema, prefix: string): Record<string, unknown> {
    const result: Record<string, unknown> = {};
    if (struct.isUnitSchema()) return result;
    for (const [name, member] of struct.structIterator()) {
      const key = prefix + names.keyOf(name, member.getMergedTraits());
      if (has(key)) result[name] = readValue(member, key);
    }
    return result;
  }

  function readList(list: NormalizedSchema, key: string): unknown[] {
    const item = list.getValueSchema();
    const flat = names.flatLists || list.getMergedTraits().xmlFlattened;
    const prefix = flat ? key : `${key}.${item.getMergedTraits().xmlName ?? 'member'}`;
    const items: unknown[] = [];
    take(key); // An empty list is sent as `Tags=`.
    for (let n = 1; has(`${prefix}.${n}`); n += 1) items.push(readValue(item, `${prefix}.${n}`));
    return items;
  }

  function readMap(map: NormalizedSchema, key: string): Record<string, unknown> {
    const prefix = map.getMergedTraits().xmlFlattened ? key : `${key}.entry`;
    const [keyName, valueName] = [
      map.getKeySchema().getMergedTraits().xmlName ?? 'key',
      map.getValueSchema().getMergedTraits().xmlName ?? 'value',
    ];
    const entries: [string, unknown][] = [];
    for (let n = 1; has(`${prefix}.${n}`); n += 1) {
      entries.push([take(`${prefix}.${n}.${keyName}`) ?? '', readValue(map.getValueSchema(), `${prefix}.${n}.${valueName}`)]);
    }
    return Object.fromEntries(entries);
  }

  function readValue(member: NormalizedSchema, key: string): unknown {
    if (member.isStructSchema()) return readStruct(member, `${key}.`);
    if (member.isListSchema()) return readList(member, key);
    if (member.isMapSchema()) return readMap(member, key);
    const value = take(key);
    return value === undefined ? undefined : (stringReader.read(member, value) as unknown);
  }

  const input = readStruct(schema, '');
  return { input, unknown: [...new Set(form.keys())].filter((key) => !taken.has(key)) };
}
