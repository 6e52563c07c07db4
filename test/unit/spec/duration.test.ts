import { describe, expect, test } from '@jest/globals';
import { findSeconds, parseDuration } from '../../../src/spec/duration.ts';

describe('durations', () => {
  test.each([
    ['1s', 1],
    ['90s', 90],
    ['30m', 1800],
    ['2h', 7200],
    ['1d', 86_400],
    ['28d', 2_419_200],
  ])('%s is %d seconds', (text, seconds) => {
    expect(findSeconds(text)).toBe(seconds);
    expect(parseDuration(text)).toBe(seconds);
  });

  test.each(['', '0s', '2', 's', '1.5h', '2 h', '-1m', '1w', '2H', '1h30m', '٣m', '1234567890s', 90, null, undefined])(
    '%p is none',
    (value) => {
      expect(findSeconds(value)).toBeUndefined();
    },
  );

  test('parsing what is none throws', () => {
    expect(() => parseDuration('soon')).toThrow('"soon"');
  });
});
