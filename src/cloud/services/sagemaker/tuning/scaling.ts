export type Scale = 'Linear' | 'Logarithmic' | 'ReverseLogarithmic';

/** A range of numbers and how it is searched. Logarithmic needs 0 < min, ReverseLogarithmic 0 ≤ min and max < 1. */
export interface Scaled {
  readonly min: number;
  readonly max: number;
  readonly scale: Scale;
}

/** From this ratio of its ends on, `Auto` searches a range of positive numbers by its magnitude. SageMaker does not say how it chooses. */
const autoLogarithmicFrom = 100;

export function chooseScale(scaling: string | undefined, min: number, max: number): Scale {
  if (scaling === 'Linear' || scaling === 'Logarithmic' || scaling === 'ReverseLogarithmic') return scaling;
  return min > 0 && max / min >= autoLogarithmicFrom ? 'Logarithmic' : 'Linear';
}

/** Where a value lies between the ends of its range, 0 to 1, as the scale sees it. */
export function toPosition({ min, max, scale }: Scaled, value: number): number {
  if (min === max) return 0.5;
  if (scale === 'Logarithmic') return Math.log(value / min) / Math.log(max / min);
  if (scale === 'ReverseLogarithmic') return (Math.log1p(-value) - Math.log1p(-min)) / (Math.log1p(-max) - Math.log1p(-min));
  return (value - min) / (max - min);
}

/** The value at a position; never outside the range, whatever rounding does. */
export function fromPosition({ min, max, scale }: Scaled, position: number): number {
  return Math.min(max, Math.max(min, toValue({ min, max, scale }, position)));
}

function toValue({ min, max, scale }: Scaled, position: number): number {
  if (scale === 'Logarithmic') return min * (max / min) ** position;
  if (scale === 'ReverseLogarithmic') return -Math.expm1((1 - position) * Math.log1p(-min) + position * Math.log1p(-max));
  return min + (max - min) * position;
}
