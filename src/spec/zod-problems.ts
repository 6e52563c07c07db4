import { z } from 'zod';
import { quote } from './finding.ts';
import type { Finding } from './finding.ts';
import { findNearest } from './nearest.ts';
import { findSuggestion } from './suggest.ts';
import { findNode } from './tree.ts';
import type { Path, Tree } from './tree.ts';

/** Nobody reads more at once, and a hostile file could hold a hundred thousand. */
const maxFindings = 200;

/**
 * Turns what zod found into sentences: what was seen, what is allowed, what to do.
 * @returns findings, and whether they are all; after `maxFindings` the rest is left for the next time
 */
export function describeIssues(
  issues: readonly z.core.$ZodIssue[],
  schema: z.ZodType,
  tree: Tree,
): { findings: Finding[]; complete: boolean } {
  const findings: Finding[] = [];
  for (const issue of issues) {
    findings.push(...describeIssue(issue, [], schema, tree));
    if (findings.length > maxFindings) break;
  }
  const complete = findings.length <= maxFindings;
  if (!complete) findings.splice(maxFindings);
  // What a typo meant is not missing as well.
  const meant = new Set(findings.flatMap((finding) => finding.spoilt.slice(1)).map((path) => JSON.stringify(path)));
  return { findings: findings.filter((finding) => !meant.has(JSON.stringify(finding.path))), complete };
}

function describeIssue(issue: z.core.$ZodIssue, prefix: Path, schema: z.ZodType, tree: Tree): Finding[] {
  const path = [...prefix, ...issue.path.map((key) => (typeof key === 'symbol' ? String(key) : key))];
  if (issue.code === 'unrecognized_keys')
    return issue.keys.slice(0, maxFindings + 1).map((key) => describeUnknownKey(path, key, schema, tree));
  if (issue.code === 'invalid_union') {
    // The option whose outside fits tells best what is wrong inside.
    const fitting = issue.errors.find(
      (errors) => errors.length > 0 && errors.every((error) => error.path.length > 0 || error.code === 'unrecognized_keys'),
    );
    if (fitting) return fitting.flatMap((inner) => describeIssue(inner, path, schema, tree));
  }
  if (issue.code === 'invalid_key') {
    const allowed = issue.issues[0]?.message ?? issue.message;
    return [
      {
        path,
        message: `The name ${quote(String(path.at(-1)))} is not allowed here: it must be ${allowed}.`,
        fix: 'Rename it.',
        spoilt: [path],
      },
    ];
  }
  const node = findNode(tree, path);
  if (!node)
    return [{ path, message: `It is missing; it must be ${issue.message}.`, fix: `Add ${String(path.at(-1))}.`, spoilt: [path] }];
  const fix = suggestFix(node, issue, listTypes(schema, path));
  const size = issue.code === 'custom' && node.kind !== 'scalar' ? ` with ${countItems(node)}` : '';
  return [
    {
      path,
      message: `It is ${describeValue(node)}${size}; it must be ${issue.message}.`,
      fix,
      spoilt: [path],
    },
  ];
}

function describeUnknownKey(parent: Path, key: string, schema: z.ZodType, tree: Tree): Finding {
  const known = listKeys(schema, parent);
  const present = findNode(tree, parent);
  const free = known.filter((name) => !(present?.kind === 'map' && present.entries.has(name)));
  const nearest = key === '<<' ? undefined : findNearest(key, known);
  const path = [...parent, key];
  const message = `There is no key ${quote(key)} here; there are ${known.join(', ')}.${nearest ? ` Did you mean ${nearest}?` : ''}`;
  const fix =
    key === '<<'
      ? 'Merge keys are not read; write the values out or use an overlay under environments.'
      : nearest
        ? `Rename it to ${nearest}.`
        : 'Remove it.';
  return { path, message, fix, spoilt: nearest && free.includes(nearest) ? [path, [...parent, nearest]] : [path] };
}

function suggestFix(node: Tree, issue: z.core.$ZodIssue, types: readonly z.core.$ZodType[]): string {
  if (node.kind !== 'scalar') return 'Correct the value.';
  const nearest = issue.code === 'invalid_value' ? findNearest(node.source, issue.values.map(String)) : undefined;
  const suggestion = nearest ?? findSuggestion(node, types, (type, value) => z.core.safeParse(type, value).success);
  return suggestion === undefined ? 'Correct the value.' : `Write ${suggestion}.`;
}

/** Names a map may have at a path; none where the writer chooses them. */
function listKeys(schema: z.ZodType, path: Path): string[] {
  return listTypes(schema, path).flatMap((type) => (type instanceof z.ZodObject ? Object.keys(type.shape) : []));
}

/** The types a value at a path may have. */
function listTypes(schema: z.ZodType, path: Path): z.core.$ZodType[] {
  let level = [schema as z.core.$ZodType];
  for (const key of path) level = unwrap(level).flatMap((type) => enter(type, key));
  return unwrap(level);
}

function unwrap(types: readonly z.core.$ZodType[]): z.core.$ZodType[] {
  return types.flatMap((type) => {
    if (type instanceof z.ZodOptional) return unwrap([type.unwrap()]);
    return type instanceof z.ZodUnion ? unwrap(type.options) : [type];
  });
}

function enter(type: z.core.$ZodType, key: string | number): z.core.$ZodType[] {
  if (type instanceof z.ZodObject) return type.shape[key] ? [type.shape[key]] : [];
  if (type instanceof z.ZodRecord) return [type.valueType];
  return type instanceof z.ZodArray ? [type.element] : [];
}

function describeValue(node: Tree): string {
  if (node.kind === 'map') return 'a map';
  if (node.kind === 'list') return 'a list';
  if (node.value === null) return 'empty';
  return typeof node.value === 'string' ? quote(node.value) : node.source.slice(0, 60);
}

function countItems(node: Tree): string {
  if (node.kind === 'map') return `${node.entries.size} entries`;
  return node.kind === 'list' ? `${node.items.length} items` : '1 value';
}
