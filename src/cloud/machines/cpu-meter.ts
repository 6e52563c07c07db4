import type { Sample } from './sampler.ts';

export interface CpuMeter {
  /** CPU seconds used since the start, as a look at /proc found them. */
  add(at: Date, cpuSeconds: number, memoryBytes: number | undefined): void;
  /** The end, with the last total there is. */
  close(at: Date, cpuSeconds: number): void;
}

/** Shorter intervals are joined with the next one: 10 ms ticks over them would be noise. */
const shortestIntervalMs = 250;

interface Reading {
  readonly atMs: number;
  readonly cpuSeconds: number;
  readonly memoryBytes: number | undefined;
}

/**
 * Turns running totals into samples whose sum is the total. The total never falls: what a process used is not undone by its end,
 * even when nobody has waited for it yet. One reading is held back, so that what is left at the end is spread over an interval long
 * enough to read.
 */
export function createCpuMeter(start: Date, onSample: (sample: Sample) => void): CpuMeter {
  let given: Reading = { atMs: start.getTime(), cpuSeconds: 0, memoryBytes: undefined };
  let held: Reading | undefined;

  const give = (reading: Reading) => {
    const seconds = (reading.atMs - given.atMs) / 1000;
    const cpuPercent = (100 * (reading.cpuSeconds - given.cpuSeconds)) / seconds;
    onSample({ at: new Date((given.atMs + reading.atMs) / 2), cpuPercent, memoryBytes: reading.memoryBytes });
    given = reading;
  };

  return {
    add: (at, cpuSeconds, memoryBytes) => {
      const last = held ?? given;
      if (at.getTime() - last.atMs < shortestIntervalMs) return;
      if (held) give(held);
      held = { atMs: at.getTime(), cpuSeconds: Math.max(cpuSeconds, last.cpuSeconds), memoryBytes };
    },
    close: (at, cpuSeconds) => {
      const last = held ?? given;
      const atMs = Math.max(at.getTime(), last.atMs);
      if (held && atMs - held.atMs >= shortestIntervalMs) give(held);
      const end = { atMs, cpuSeconds: Math.max(cpuSeconds, last.cpuSeconds), memoryBytes: last.memoryBytes };
      if (atMs > given.atMs) give(end);
    },
  };
}
