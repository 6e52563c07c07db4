import { describe, expect, test } from '@jest/globals';
import { createRandom, createThrottle, createWeather } from '../../../src/cloud/weather.ts';

const draw = (name: 'calm' | 'aws-like', seed: number, count: number) => {
  const throttled = createThrottle(createWeather(name), seed);
  return Array.from({ length: count }, () => throttled('s3', 'GetObject'));
};

describe('weather', () => {
  test('calm: nothing is late and nothing throttled', () => {
    expect(createWeather('calm')).toMatchObject({
      name: 'calm',
      metricsDelayMs: 0,
      logsDelayMs: 0,
      rolesDelayMs: 0,
      readLagMs: 0,
      trainingStatusMs: { Starting: 0, Downloading: 0, Uploading: 0 },
      endpointStatusMs: { Creating: 0, Updating: 0, Deleting: 0 },
      throttleChance: 0,
    });
    expect(draw('calm', 1, 500)).not.toContain(true);
  });

  test('aws-like: the same seed throttles the same calls, another seed others, never three in a row', () => {
    const first = draw('aws-like', 7, 2_000);
    expect(draw('aws-like', 7, 2_000)).toEqual(first);
    expect(draw('aws-like', 8, 2_000)).not.toEqual(first);
    const share = first.filter(Boolean).length / first.length;
    expect(share).toBeGreaterThan(0.02);
    expect(share).toBeLessThan(0.1);
    expect(first.map(Number).join('')).not.toContain('111');
  });

  test('it can change while the cloud runs', () => {
    const weather = createWeather('calm');
    weather.change('aws-like');
    expect(weather.name).toBe('aws-like');
    expect(weather.readLagMs).toBeGreaterThan(0);
    weather.change('calm');
    expect(weather.throttleChance).toBe(0);
  });

  test('random numbers are in [0, 1) and spread', () => {
    const random = createRandom(1);
    const numbers = Array.from({ length: 5_000 }, random);
    expect(numbers.every((number) => number >= 0 && number < 1)).toBe(true);
    expect(numbers.reduce((sum, number) => sum + number, 0) / numbers.length).toBeCloseTo(0.5, 1);
  });
});
