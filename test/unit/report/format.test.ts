import { describe, expect, test } from '@jest/globals';
import {
  formatAge,
  formatDuration,
  formatHourlyUsd,
  formatNumber,
  formatPercent,
  formatRatio,
  formatSigned,
  formatUsd,
  joinWords,
} from '../../../src/report/format.ts';

describe('money', () => {
  test.each([
    [0, '$0'],
    [0.00000123, '$0.0000012'],
    [0.00032, '$0.00032'],
    [0.0012, '$0.0012'],
    [0.142794, '$0.1428'],
    [0.46, '$0.46'],
    [0.99999, '$1.00'],
    [1, '$1.00'],
    [12.345, '$12.35'],
    [1234.5, '$1,234.50'],
  ])('%d USD reads %s', (usd, text) => expect(formatUsd(usd)).toBe(text));

  test.each([
    [0.23, '$0.23/h'],
    [0.115, '$0.115/h'],
    [3, '$3.00/h'],
    [0.0046, '$0.0046/h'],
  ])('%d USD per hour reads %s', (usd, text) => expect(formatHourlyUsd(usd)).toBe(text));

  test('no cost above nothing reads as nothing', () => {
    for (let exponent = -10; exponent < 4; exponent += 1) expect(formatUsd(3 * 10 ** exponent)).toMatch(/[1-9]/);
  });
});

describe('time', () => {
  test.each([
    [0, '0 s'],
    [0.02, '0 s'],
    [4.83, '4.8 s'],
    [9.97, '10 s'],
    [45, '45 s'],
    [59.7, '1 m'],
    [72, '1 m 12 s'],
    [660, '11 m'],
    [3605, '1 h 00 m 05 s'],
    [4800, '1 h 20 m'],
    [7200, '2 h'],
  ])('%d seconds read %s', (seconds, text) => expect(formatDuration(seconds)).toBe(text));

  test.each([
    [0, '0 seconds ago'],
    [1, '1 second ago'],
    [100, '100 seconds ago'],
    [3600 * 30, '30 hours ago'],
    [86_400 * 12, '12 days ago'],
  ])('%d seconds before reads %s', (seconds, text) => {
    const now = new Date('2026-11-22T12:00:00Z');
    expect(formatAge(new Date(now.getTime() - seconds * 1000), now)).toBe(text);
  });
});

describe('numbers', () => {
  test.each([
    [0.95272, '0.9527'],
    [3, '3'],
    [-0.00001234, '-1.234e-5'],
    [123456.789, '123456.8'],
  ])('%d reads %s', (value, text) => expect(formatNumber(value)).toBe(text));

  test.each([
    [0.012, '+0.012'],
    [-3, '−3'],
  ])('a change of %d reads %s', (value, text) => expect(formatSigned(value)).toBe(text));

  test.each([
    [1, '±0 %'],
    [1.0001, '±0 %'],
    [0.966, '−3.4 %'],
    [0.9004, '−10 %'],
    [1.5, '+50 %'],
    [3.2, '× 3.2'],
  ])('a ratio of %d reads %s', (ratio, text) => expect(formatRatio(ratio)).toBe(text));

  test.each([
    [0, '0 %'],
    [0.4, '0.4 %'],
    [48.4, '48 %'],
  ])('%d per cent reads %s', (percent, text) => expect(formatPercent(percent)).toBe(text));

  test('words are joined as in speech', () => {
    expect([[], ['a'], ['a', 'b'], ['a', 'b', 'c']].map(joinWords)).toEqual(['', 'a', 'a and b', 'a, b and c']);
  });
});
