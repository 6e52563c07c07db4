import { fromPosition, toPosition, type Scale } from './scaling.ts';

/** What may be chosen for one hyperparameter. */
export type Range =
  | {
      readonly kind: 'continuous' | 'integer';
      readonly name: string;
      readonly min: number;
      readonly max: number;
      readonly scale: Scale;
    }
  | { readonly kind: 'categorical'; readonly name: string; readonly values: readonly string[] };

export type Space = readonly Range[];

/** One coordinate a range, in its order: a position from 0 to 1, or the index of a categorical value. */
export type Point = readonly number[];

/** Hyperparameters by name, as texts. */
export type Values = Readonly<Record<string, string>>;

/** Numbers in [0, 1). */
export type Random = () => number;

export function drawPoint(space: Space, random: Random): Point {
  return space.map((range) => (range.kind === 'categorical' ? Math.floor(random() * range.values.length) : random()));
}

/** What a training job is given for a point: categorical values exactly as the request has them. */
export function writeValues(space: Space, point: Point): Values {
  return Object.fromEntries(space.map((range, place) => [range.name, writeValue(range, point[place] ?? 0)]));
}

function writeValue(range: Range, coordinate: number): string {
  if (range.kind === 'categorical') return range.values[coordinate] ?? '';
  if (range.kind === 'continuous') return String(fromPosition(range, coordinate));
  const value = Math.round(fromPosition(cellsOf(range), coordinate));
  return String(Math.min(range.max, Math.max(range.min, value)));
}

/** Where values lie in a space; undefined when one is missing or outside its range. */
export function findPoint(space: Space, values: Values): Point | undefined {
  const point = space.map((range) => findCoordinate(range, values[range.name]));
  return point.every((coordinate) => coordinate !== undefined) ? point : undefined;
}

function findCoordinate(range: Range, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (range.kind === 'categorical') {
    const index = range.values.indexOf(text);
    return index < 0 ? undefined : index;
  }
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (!(value >= range.min && value <= range.max)) return undefined;
  return toPosition(range.kind === 'integer' ? cellsOf(range) : range, value);
}

/** Every integer owns the half on both sides of it, so that the ends are as likely as the middle. */
function cellsOf({ min, max, scale }: { readonly min: number; readonly max: number; readonly scale: Scale }) {
  return { min: min - 0.5, max: max + 0.5, scale };
}
