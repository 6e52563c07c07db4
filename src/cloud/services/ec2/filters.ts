import type { Filter } from '@aws-sdk/client-ec2';
import { refuse } from './refuse.ts';

/** The values a resource has of each filter. */
export type Filterable<Item> = Readonly<Record<string, (item: Item) => readonly (string | undefined)[]>>;

interface Tagged {
  readonly tags: ReadonlyMap<string, string>;
}

/** What passes every filter; one of a filter's values is enough, `*` and `?` are wildcards. @throws InvalidParameterValue for a filter EC2 does not have */
export function applyFilters<Item extends Tagged>(
  items: readonly Item[],
  filters: readonly Filter[] | undefined,
  known: Filterable<Item>,
): Item[] {
  const tests = (filters ?? []).map((filter) => readFilter(filter, known));
  return items.filter((item) => tests.every((test) => test(item)));
}

function readFilter<Item extends Tagged>(
  { Name: name = '', Values: values = [] }: Filter,
  known: Filterable<Item>,
): (item: Item) => boolean {
  const patterns = values.map(compile);
  const passes = (value: string | undefined) => value !== undefined && patterns.some((pattern) => pattern.test(value));
  if (name.startsWith('tag:')) return ({ tags }) => passes(tags.get(name.slice('tag:'.length)));
  if (name === 'tag-key') return ({ tags }) => [...tags.keys()].some(passes);
  const read = Object.hasOwn(known, name) ? known[name] : undefined;
  if (!read) throw refuse('InvalidParameterValue', `The filter '${name}' is invalid`);
  return (item) => read(item).some(passes);
}

function compile(value: string): RegExp {
  const source = value.replaceAll(
    /\\([*?\\])|([*?])|([.+^${}()|[\]\\])/g,
    (_all, escaped?: string, wild?: string, other?: string) => {
      if (wild !== undefined) return wild === '*' ? '.*' : '.';
      return `\\${escaped ?? other ?? ''}`;
    },
  );
  return new RegExp(`^${source}$`, 's');
}
