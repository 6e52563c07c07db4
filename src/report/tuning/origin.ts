import type { Origin } from '../../training/search/origin.ts';
import { clip, formatValue } from './values.ts';

const mostDiffering = 3;

/** Whether a run had the best values of the search, in a table cell. */
export function describeOrigin(origin: Origin | undefined): string {
  if (!origin) return '–';
  const { search } = origin;
  if (origin.kind === 'best') return `the best of the tuning ${search.name}`;
  const { ranges } = search.asked;
  const said = origin.differing
    .slice(0, mostDiffering)
    .map(
      ({ name, asked, best }) =>
        `${clip(name)} ${asked === undefined ? 'not set' : formatValue(asked, ranges[name])} (best ${formatValue(best, ranges[name])})`,
    );
  const more = origin.differing.length > mostDiffering ? ` and ${origin.differing.length - mostDiffering} more` : '';
  return `not the best of the tuning: ${said.join(', ')}${more}`;
}
