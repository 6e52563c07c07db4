import type { Weather } from './contract.ts';

const calm: Weather = {
  name: 'calm',
  metricsDelayMs: 0,
  logsDelayMs: 0,
  rolesDelayMs: 0,
  readLagMs: 0,
  trainingStatusMs: { Starting: 0, Downloading: 0, Uploading: 0 },
  endpointStatusMs: { Creating: 0, Updating: 0, Deleting: 0 },
  functionMs: { create: 0, update: 0, publish: 0, provision: 0 },
  throttleChance: 0,
};

/** The delays of AWS (metrics 1–3 minutes, roles about 10 s, starting 2–3 minutes), scaled so that a test of them takes seconds. */
const awsLike: Weather = {
  name: 'aws-like',
  metricsDelayMs: 2_500,
  logsDelayMs: 800,
  rolesDelayMs: 2_000,
  readLagMs: 300,
  trainingStatusMs: { Starting: 1_000, Downloading: 400, Uploading: 400 },
  endpointStatusMs: { Creating: 1_500, Updating: 1_000, Deleting: 500 },
  functionMs: { create: 800, update: 500, publish: 500, provision: 1_500 },
  throttleChance: 0.05,
};

export type WeatherName = Weather['name'];
export const weatherNames = ['calm', 'aws-like'] as const satisfies readonly WeatherName[];

/** Weather that can change while the cloud runs: everybody reads the members when they need them. */
export interface ChangingWeather extends Weather {
  change(name: WeatherName): void;
}

export function createWeather(name: WeatherName): ChangingWeather {
  const weather = {
    ...(name === 'calm' ? calm : awsLike),
    change: (next: WeatherName) => void Object.assign(weather, next === 'calm' ? calm : awsLike),
  };
  return weather;
}

/**
 * Decides which calls are throttled: drawn from a seeded generator, at most two in a row of one operation, so that a client with the
 * SDK's three attempts gets through.
 */
export function createThrottle(weather: Weather, seed: number): (service: string, operation: string) => boolean {
  const random = createRandom(seed);
  const inARow = new Map<string, number>();
  return (service, operation) => {
    const key = `${service} ${operation}`;
    const before = inARow.get(key) ?? 0;
    const throttled = before < 2 && weather.throttleChance > 0 && random() < weather.throttleChance;
    inARow.set(key, throttled ? before + 1 : 0);
    return throttled;
  };
}

/** Mulberry32: numbers in [0, 1), the same for the same seed. */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
