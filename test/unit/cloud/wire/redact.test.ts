import { describe, expect, test } from '@jest/globals';
import { NormalizedSchema } from '@smithy/core/schema';
import type { StaticMapSchema, StaticStructureSchema } from '@smithy/types';
import { Readable } from 'node:stream';
import { redact } from '../../../../src/cloud/wire/redact.ts';

const environment: StaticMapSchema = [2, 'ns', 'Environment', 0, 0, 0];
const input: StaticStructureSchema = [
  3,
  'ns',
  'Input',
  0,
  ['Name', 'NextToken', 'WebIdentityToken', 'Key', 'Body', 'Bytes', 'Environment'],
  [0, 0, 0, [0, { sensitive: 1 }], 42, 21, environment],
];

describe('what the journal keeps of a request', () => {
  test('is what can be shown', () => {
    const given = {
      Name: 'n',
      NextToken: 'page-2',
      WebIdentityToken: 'ey.abc',
      Key: 'hidden by the model',
      Body: Readable.from(['x']),
      Bytes: Buffer.from('four'),
      Environment: { EPOCHS: '3', HF_TOKEN: 'hf_abc', DB_PASSWORD: 'p', API_KEY: 'k' },
    };
    expect(redact(NormalizedSchema.of(input), given, 7)).toEqual({
      Name: 'n',
      NextToken: 'page-2',
      WebIdentityToken: '***',
      Key: '***',
      Body: { bytes: 7 },
      Bytes: { bytes: 4 },
      Environment: { EPOCHS: '3', HF_TOKEN: '***', DB_PASSWORD: '***', API_KEY: '***' },
    });
  });
});
