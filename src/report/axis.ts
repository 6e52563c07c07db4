import { findPosition } from '../training/search/scale.ts';
import type { NumberAxis } from './document.ts';

const mostTicks = 6;
const tooNear = 0.08; // of the axis's length, for two labels side by side

/** Round numbers on an axis, inside its ends. */
export function listTicks({ min, max, scale }: NumberAxis): number[] {
  return scale === 'log' ? listLogTicks(min, max) : listLinearTicks(min, max);
}

/** The ends of a range, which a search is judged by, and round numbers between them. */
export function listRangeTicks(axis: NumberAxis): number[] {
  const inner = listTicks(axis).filter((value) => {
    const position = findPosition(value, axis, axis.scale) ?? 0;
    return position > tooNear && position < 1 - tooNear;
  });
  return [axis.min, ...inner, axis.max];
}

function listLinearTicks(min: number, max: number): number[] {
  const step = findRoundStep((max - min) / (mostTicks - 1));
  const first = Math.ceil(min / step - 1e-9);
  const count = Math.floor(max / step + 1e-9) - first + 1;
  return Array.from({ length: Math.max(0, count) }, (_, index) => roundOff((first + index) * step));
}

/** Powers of ten, with twice and five times of each where the axis is short. */
function listLogTicks(min: number, max: number): number[] {
  const [low, high] = [Math.floor(Math.log10(min)), Math.ceil(Math.log10(max))];
  const factors = high - low <= 2 ? [1, 2, 5] : [1];
  const every = Math.max(1, Math.ceil((high - low) / mostTicks));
  return Array.from({ length: Math.max(0, high - low + 1) }, (_, index) => low + index)
    .filter((power) => (power - low) % every === 0)
    .flatMap((power) => factors.map((factor) => roundOff(factor * 10 ** power)))
    .filter((value) => value >= min * (1 - 1e-9) && value <= max * (1 + 1e-9));
}

/** Ends, on round numbers, that hold all values with a little room; logarithmic when they are positive and two decades apart. */
export function chooseAxis(name: string, values: readonly number[]): NumberAxis {
  const [low, high] = values.reduce(([least, most], value) => [Math.min(least, value), Math.max(most, value)], [
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
  ] as [number, number]);
  if (low > 0 && high / low >= 100)
    return { name, scale: 'log', min: 10 ** Math.floor(Math.log10(low)), max: 10 ** Math.ceil(Math.log10(high) + 1e-9) };
  const spread = high - low || Math.abs(high) || 1;
  const step = findRoundStep(spread / (mostTicks - 1));
  const min = roundOff(Math.floor((low - spread * 0.04) / step) * step);
  const max = roundOff(Math.ceil((high + spread * 0.04) / step) * step);
  // A loss or an accuracy that is never negative gets no axis below 0.
  return { name, scale: 'linear', min: low >= 0 ? Math.max(0, min) : min, max };
}

/** 1, 2 or 5 times a power of ten, not below `step`. */
function findRoundStep(step: number): number {
  const power = 10 ** Math.floor(Math.log10(step));
  return power * ([1, 2, 5].find((factor) => factor * power >= step * (1 - 1e-9)) ?? 10);
}

const roundOff = (value: number) => Number(value.toPrecision(12));
