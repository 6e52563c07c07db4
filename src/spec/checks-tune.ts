import { finding } from './finding.ts';
import type { Finding, Partially, View } from './finding.ts';
import { checkMaxRuntime, checkSageMakerType } from './checks-train.ts';
import { findNearest } from './nearest.ts';
import type { Written } from './schema.ts';
import { findNode } from './tree.ts';
import type { Tree } from './tree.ts';

type WrittenTune = NonNullable<Written['tune']>;
type Tune = Partially<WrittenTune>;

export function checkTune({ tune, train }: View, tree: Tree): Finding[] {
  if (!tune) return [];
  const found = [...checkObjective(tune, tree), ...checkRanges(tune), ...checkStrategy(tune)];
  if (tune['instance-type'] !== undefined)
    found.push(...checkSageMakerType(['tune', 'instance-type'], tune['instance-type'], 'training'));
  found.push(...checkMaxRuntime(['tune', 'max-runtime'], tune['max-runtime']));
  const [jobs, parallel] = [tune['max-jobs'], tune['max-parallel-jobs']];
  if (jobs !== undefined && parallel !== undefined && parallel > jobs) {
    found.push(
      finding(['tune', 'max-parallel-jobs'], `It is ${parallel}, more than max-jobs (${jobs}).`, `Write ${jobs} or less.`),
    );
  }
  if (tune['max-runtime'] === undefined && !findNode(tree, ['train', 'max-runtime']) && train === undefined) {
    found.push(
      finding(
        ['tune', 'max-runtime'],
        'It is missing, and there is no train.max-runtime either.',
        'Add it, e.g. max-runtime: 1h.',
      ),
    );
  }
  return found;
}

/** The metrics are taken from the file as written: one with a wrong expression is there all the same. */
function checkObjective(tune: Tune, tree: Tree): Finding[] {
  const metric = tune.objective?.split(' ')[1];
  const metrics = findNode(tree, ['metrics']);
  if (metric === undefined || (metrics?.kind === 'map' && metrics.entries.has(metric))) return [];
  const known = metrics?.kind === 'map' ? [...metrics.entries.keys()] : [];
  const nearest = findNearest(metric, known);
  const list = known.length > 0 ? `there are ${known.slice(0, 40).join(', ')}` : 'there are none';
  const message = `There is no metric ${metric} under metrics; ${list}.${nearest ? ` Did you mean ${nearest}?` : ''}`;
  return [
    finding(
      ['tune', 'objective'],
      message,
      nearest ? `Write ${tune.objective?.split(' ')[0]} ${nearest}.` : `Add ${metric} to metrics.`,
    ),
  ];
}

function checkRanges(tune: Tune): Finding[] {
  return Object.entries(tune.ranges ?? {}).flatMap(([name, range]) => {
    if (!range || isList(range)) return [];
    const path = ['tune', 'ranges', name];
    const { min, max, scale } = range;
    if (min !== undefined && max !== undefined && min >= max) {
      return [finding([...path, 'max'], `It is ${max}, not more than min (${min}).`, `Write more than ${min}.`)];
    }
    if (scale === 'log' && min !== undefined && min <= 0) {
      return [
        finding(
          [...path, 'min'],
          `It is ${min}; a logarithmic range begins above 0.`,
          'Write a number above 0, or another scale.',
        ),
      ];
    }
    if (scale === 'reverse-log' && min !== undefined && max !== undefined && (min < 0 || max >= 1)) {
      return [
        finding(
          [...path, 'scale'],
          `A reverse-log range lies within 0 and 1 (without 1); it is ${min} to ${max}.`,
          'Write another scale.',
        ),
      ];
    }
    return [];
  });
}

function checkStrategy(tune: Tune): Finding[] {
  const found: Finding[] = [];
  for (const [name, range] of Object.entries(tune.ranges ?? {})) {
    if (tune.strategy !== 'grid' || !range || isList(range)) continue;
    found.push(
      finding(
        ['tune', 'ranges', name],
        'The strategy grid tries lists of values only; it is a map with min and max.',
        'Write a list of values, or another strategy.',
      ),
    );
  }
  if (tune.strategy === 'hyperband' && tune['early-stopping'] === true) {
    found.push(
      finding(
        ['tune', 'early-stopping'],
        'Hyperband stops jobs by itself; AWS refuses both together.',
        'Write false, or remove it.',
      ),
    );
  }
  return found;
}

function isList<T>(value: readonly T[] | object): value is readonly T[] {
  return Array.isArray(value);
}
