import type { NormalizedSchema } from '@smithy/core/schema';
import { Readable } from 'node:stream';

/** Members that are secrets without saying so; continuation tokens are none. */
const secretMember = /password|secret|webidentitytoken|sessiontoken/i;
/** Names users give: environment variables, hyperparameters, tags. */
const secretName = /password|secret|token|api_?key/i;

/** An input as the journal keeps it: secrets as `***`, bytes and streams as their length. `streamBytes`: what the request announced. */
export function redact(schema: NormalizedSchema, value: unknown, streamBytes: number | undefined): unknown {
  if (value instanceof Readable) return { bytes: streamBytes ?? 'unknown' };
  if (value instanceof Uint8Array) return { bytes: value.byteLength };
  if (value === undefined || value === null) return value;
  if (schema.getMergedTraits().sensitive) return '***';
  if (schema.isStructSchema() && typeof value === 'object') {
    const members = schema.getMemberSchemas();
    return mapValues(value, (member, name) => {
      if (secretMember.test(name)) return '***';
      const target = members[name];
      return target ? redact(target, member, streamBytes) : '***';
    });
  }
  if (schema.isListSchema() && Array.isArray(value))
    return value.map((item: unknown) => redact(schema.getValueSchema(), item, streamBytes));
  if (schema.isMapSchema() && typeof value === 'object') {
    return mapValues(value, (item, name) => (secretName.test(name) ? '***' : redact(schema.getValueSchema(), item, streamBytes)));
  }
  return value;
}

function mapValues(record: object, map: (value: unknown, name: string) => unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries<unknown>({ ...record }).map(([name, value]) => [name, map(value, name)]));
}
