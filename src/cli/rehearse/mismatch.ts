import type { RunEvent } from './event.ts';
import { matchesPatterns } from './patterns.ts';
import type { EventFilter, Workflow } from './workflow.ts';

/**
 * Why GitHub would not start the workflow for this event; undefined when it would. `missing`: the workflow does not name the
 * event at all. `filtered`: one of its filters leaves it out, which a rehearsal says and then ignores.
 */
export function findMismatch(
  workflow: Workflow,
  event: RunEvent,
  changed: readonly string[],
): { kind: 'missing' | 'filtered'; why: string } | undefined {
  const { on } = workflow;
  const filters =
    typeof on === 'string' ? { [on]: null } : Array.isArray(on) ? Object.fromEntries(on.map((name) => [name, null])) : on;
  if (!(event.name in filters)) {
    return { kind: 'missing', why: `it runs on ${Object.keys(filters).join(', ')}, not on ${event.name}` };
  }
  const filter = filters[event.name];
  if (!filter || Array.isArray(filter)) return undefined;
  const why = checkTypes(filter, event) ?? checkRefs(filter, event) ?? checkPaths(filter, event, changed);
  return why ? { kind: 'filtered', why } : undefined;
}

function checkTypes(filter: EventFilter, event: RunEvent): string | undefined {
  const types = list(filter.types);
  if (types.length === 0 || event.name !== 'pull_request' || types.includes('opened')) return undefined;
  return `its types are ${types.join(', ')}, and the event is opened`;
}

function checkRefs(filter: EventFilter, event: RunEvent): string | undefined {
  if (event.kind === 'workflow_dispatch' || event.kind === 'schedule') return undefined;
  const [what, other] = event.kind === 'tag' ? (['tags', 'branches'] as const) : (['branches', 'tags'] as const);
  const name = event.baseRef || event.refName;
  const [only, ignored] = [list(filter[what]), list(filter[`${what}-ignore`])];
  if (only.length > 0) {
    return matchesPatterns(name, only) ? undefined : `its ${what} are ${only.join(', ')}, and the event is on ${name}`;
  }
  if (matchesPatterns(name, ignored)) return `its ${what}-ignore leaves ${name} out`;
  // Who filters branches alone is not told of tags, and the other way round.
  const filtersOther = list(filter[other]).length > 0 || list(filter[`${other}-ignore`]).length > 0;
  return event.name === 'push' && ignored.length === 0 && filtersOther ? `it names ${other}, but no ${what}` : undefined;
}

function checkPaths(filter: EventFilter, event: RunEvent, changed: readonly string[]): string | undefined {
  if (event.kind !== 'push' && event.kind !== 'pull_request') return undefined;
  const [only, ignored] = [list(filter.paths), list(filter['paths-ignore'])];
  if (only.length > 0 && !changed.some((path) => matchesPatterns(path, only))) return 'no changed file matches its paths';
  if (ignored.length > 0 && changed.every((path) => matchesPatterns(path, ignored)))
    return 'its paths-ignore leaves every changed file out';
  return undefined;
}

function list(value: string | readonly string[] | undefined): readonly string[] {
  if (value === undefined) return [];
  return typeof value === 'string' ? [value] : value;
}
