import type { Problem } from '../../action-error.ts';
import { findNearest } from '../../spec/nearest.ts';
import type { SmokeCase, Spec } from '../../spec/spec.ts';

/**
 * The cases this step calls: those asked for, or all.
 * @param asked names separated by commas or new lines
 */
export function chooseCases(spec: Spec, asked: string | undefined): { cases: SmokeCase[]; problems: Problem[] } {
  if (spec.smoke.length === 0) {
    const message = `${spec.path} has no smoke case, so there is nothing to test the function with.`;
    return {
      cases: [],
      problems: [
        { name: 'smoke', message, fix: 'Add one under smoke, e.g. an event and status: 200.', where: { file: spec.path } },
      ],
    };
  }
  const names = spec.smoke.map(({ name }) => name);
  const wanted = readNames(asked, names);
  const unknown = wanted.filter((name) => !names.includes(name));
  const problems = unknown.map((name) => {
    const nearest = findNearest(name, names);
    return {
      name: 'input cases',
      message: `There is no smoke case ${JSON.stringify(name)} in ${spec.path}; there are ${names.map((known) => JSON.stringify(known)).join(', ')}.`,
      fix: nearest === undefined ? 'Name cases of smoke, or leave the input empty to call them all.' : `Write ${nearest}.`,
    };
  });
  return { cases: spec.smoke.filter(({ name }) => wanted.length === 0 || wanted.includes(name)), problems };
}

/** A name may hold a comma itself: a line that is a name as a whole is that one. */
function readNames(asked: string | undefined, known: readonly string[]): string[] {
  const lines = (asked ?? '').split('\n').map((line) => line.trim());
  const names = lines.flatMap((line) => (known.includes(line) ? [line] : line.split(',').map((part) => part.trim())));
  return [...new Set(names.filter((name) => name !== ''))];
}
