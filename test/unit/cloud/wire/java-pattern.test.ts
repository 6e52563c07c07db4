import { expect, test } from '@jest/globals';
import { fromJavaPattern } from '../../../../src/cloud/wire/java-pattern.ts';

test.each([
  ['\\p{Print}+', 'trainyard-invocations', true],
  ['\\p{Print}+', 'two\nlines', false],
  ['\\p{Print}+', 'größe', false],
  ['\\A\\S[\\p{Print}]*\\z', 'a b', true],
  ['\\A\\S[\\p{Print}]*\\z', ' a', false],
  ['arn:[\\p{Alnum}\\-]+:lambda', 'arn:aws-cn:lambda', true],
  ['arn:[\\p{Alnum}\\-]+:lambda', 'arn:aws/cn:lambda', false],
  ['([\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*)', 'größe 1', true],
  ['[a-z\\]p]+', 'a]p', true],
])('%s on %j: %s', (pattern, value, matches) => {
  expect(new RegExp(`^(?:${fromJavaPattern(pattern)})$`, 'u').test(value)).toBe(matches);
});
