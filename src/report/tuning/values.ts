import type { Trial, TuningRecord } from '../../records/tuning-record.ts';
import { findNumber, type SearchRange } from '../../training/search/scale.ts';
import type { Inline } from '../document.ts';
import { formatNumber } from '../format.ts';

const longestValue = 60;
const mostValues = 6;
const mostVaried = 30;

export const clip = (text: string, length = longestValue) => (text.length > length ? `${text.slice(0, length)}…` : text);

/** The service varies at most 30 at once (quotas of July 2023); a record that says more gets no more columns and charts. */
export function listVaried({ asked }: Pick<TuningRecord, 'asked'>): [name: string, range: SearchRange][] {
  return Object.entries(asked.ranges).slice(0, mostVaried);
}

/** A value as a table shows it: numbers of a continuous range with four significant digits, everything else as it was. */
export function formatValue(text: string | undefined, range: SearchRange | undefined): string {
  if (text === undefined) return 'no data';
  const value = range?.kind === 'continuous' ? findNumber(text) : undefined;
  return value === undefined ? clip(text) : formatNumber(value);
}

/** `learning-rate 0.3125, batch-size 64`, in the order of the ranges. */
export function describeValues(values: Trial['hyperparameters'], { asked }: Pick<TuningRecord, 'asked'>): string {
  const names = [...Object.keys(asked.ranges), ...Object.keys(values).filter((name) => !Object.hasOwn(asked.ranges, name))];
  const said = names
    .filter((name) => values[name] !== undefined)
    .map((name) => `${clip(name)} ${formatValue(values[name], asked.ranges[name])}`);
  const more = said.length > mostValues ? ` and ${said.length - mostValues} more` : '';
  return `${said.slice(0, mostValues).join(', ')}${more}`;
}

/** A range as the spec would write it. */
export function describeRange(range: SearchRange): Inline {
  if (range.kind === 'categorical') return clip(range.values.map((value) => clip(value)).join(', '), 200);
  const whole = range.kind === 'integer' ? ', whole numbers' : '';
  return `${formatNumber(range.min)} to ${formatNumber(range.max)}${whole}`;
}
