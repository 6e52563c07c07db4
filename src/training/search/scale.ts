import type { TuningRecord } from '../../records/tuning-record.ts';

export type SearchRange = TuningRecord['asked']['ranges'][string];
export type NumericRange = Extract<SearchRange, { readonly min: number }>;
export type Scale = 'linear' | 'log' | 'reverse-log';

/** From here on the ends of a range are so far apart that a linear axis would show next to nothing of the lower half. */
const wideRatio = 100;

/** The scale to draw a range on. For `auto`, whose choice the service does not tell: logarithmic from two decades on. */
export function chooseScale({ min, max, scale }: NumericRange): Scale {
  if (scale !== 'auto') return scale;
  return min > 0 && max / min >= wideRatio ? 'log' : 'linear';
}

const warps: Record<Scale, (value: number) => number> = {
  linear: (value) => value,
  log: (value) => Math.log(value),
  'reverse-log': (value) => -Math.log(1 - value),
};

/** Where a value lies on an axis: 0 at `min`, 1 at `max`. Undefined where the scale has no place for it. */
export function findPosition(value: number, { min, max }: { min: number; max: number }, scale: Scale): number | undefined {
  const warp = warps[scale];
  const position = (warp(value) - warp(min)) / (warp(max) - warp(min));
  return Number.isFinite(position) ? position : undefined;
}

/** The number that a script got as text. */
export function findNumber(text: string | undefined): number | undefined {
  if (text === undefined || text.trim() === '') return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}
