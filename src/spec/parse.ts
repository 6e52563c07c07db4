import type { Problem } from '../action-error.ts';
import { buildSpec } from './build.ts';
import { checkTogether } from './checks.ts';
import { finding, quote } from './finding.ts';
import type { Finding, View } from './finding.ts';
import { findNearest } from './nearest.ts';
import { layOver, listEnvironments } from './overlay.ts';
import { maxEnvironments, schema } from './schema.ts';
import type { Written } from './schema.ts';
import type { Spec } from './spec.ts';
import { locate, readTree, toPlain } from './tree.ts';
import type { Mapping, Path, Tree } from './tree.ts';
import { describeIssues } from './zod-problems.ts';

/** 256 kB; a spec of people is a hundredth of it. */
const maxBytes = 262_144;

/** Reads the text of a trainyard.yml: the spec, or everything that is wrong with it, each with its line. */
export function parseSpec(text: string, path: string, environment?: string): { spec: Spec } | { problems: Problem[] } {
  const bytes = Buffer.byteLength(text);
  if (bytes > maxBytes) {
    const message = `It has ${bytes} bytes; ${maxBytes} are read at most.`;
    return {
      problems: [
        { name: path, message, fix: 'Put data into files of the repository and name them here.', where: { file: path } },
      ],
    };
  }
  const read = readTree(text, path);
  if ('problems' in read) return read;
  const { tree } = read;
  if (tree.kind !== 'map') {
    const message = 'It holds no map of keys; it begins with name: …';
    return {
      problems: [{ name: path, message, fix: 'Write keys such as name, code and train.', where: { file: path, line: 1 } }],
    };
  }
  return judge(tree, path, environment);
}

function judge(root: Mapping, path: string, environment: string | undefined): { spec: Spec } | { problems: Problem[] } {
  const overlays = listEnvironments(root);
  const chosen = environment === undefined ? undefined : overlays.get(environment);
  const problems: Problem[] = [];
  if (environment !== undefined && !chosen)
    problems.push(describeUnknownEnvironment(environment, [...overlays.keys()], path, root));
  const checked = check(chosen?.kind === 'map' ? layOver(root, chosen) : root);
  // The other overlays are checked too: what is wrong in production shows in the pull request, not at the release.
  const others = [...overlays]
    .filter(([name]) => name !== environment)
    .slice(0, maxEnvironments)
    .flatMap(([, overlay]) => (overlay.kind === 'map' ? check(layOver(root, overlay)).findings : []));
  problems.push(...findNested(overlays, path), ...place([...checked.findings, ...others], path));
  if (problems.length > 0 || !checked.written) return { problems: unique(problems) };
  return { spec: buildSpec(checked.written, checked.tree, path, environment) };
}

interface Checked {
  readonly tree: Tree;
  readonly written: Written | undefined;
  readonly findings: readonly { finding: Finding; tree: Tree }[];
}

function check(tree: Tree): Checked {
  const result = schema.safeParse(toPlain(tree));
  if (result.success) return { tree, written: result.data, findings: inTree(checkTogether(result.data, tree), tree) };
  const { findings, complete } = describeIssues(result.error.issues, schema, tree);
  const more = complete
    ? checkRest(findings, tree)
    : [finding([], 'There are more problems than these.', 'Correct these first.')];
  return { tree, written: undefined, findings: inTree([...findings, ...more], tree) };
}

/** What keys say about each other, as far as their values are right. */
function checkRest(wrong: readonly Finding[], tree: Tree): Finding[] {
  const spoilt = wrong.flatMap(({ spoilt: paths }) => paths);
  // What is left after taking out the wrong values has the types of the schema.
  // eslint-disable-next-line typescript/no-unsafe-type-assertion
  const view = spoilt.reduce(without, toPlain(tree)) as View;
  // What has a wrong value in it, or around it, has been reported; its missing parts are our doing.
  return checkTogether(view, tree).filter(({ path }) => !spoilt.some((bad) => startsWith(path, bad) || startsWith(bad, path)));
}

function inTree(findings: readonly Finding[], tree: Tree): Checked['findings'] {
  return findings.map((found) => ({ finding: found, tree }));
}

/** An overlay has no overlays: they would be read by nobody. */
function findNested(overlays: ReadonlyMap<string, Tree>, file: string): Problem[] {
  return [...overlays].flatMap(([name, overlay]) => {
    const nested = overlay.kind === 'map' ? overlay.entries.get('environments') : undefined;
    if (!nested) return [];
    const message = `An environment holds no environments of its own; ${name} does.`;
    return [{ name: nested.name, message, fix: 'Move them one level up.', where: { file, line: nested.line } }];
  });
}

function place(findings: Checked['findings'], file: string): Problem[] {
  return findings.map(({ finding: { path, message, fix }, tree }) => {
    const { name, line } = locate(tree, path);
    return { name: name || file, message, fix, where: { file, line } };
  });
}

function unique(problems: readonly Problem[]): Problem[] {
  const byText = new Map(problems.map((problem) => [`${problem.name}\n${problem.message}`, problem]));
  return [...byText.values()].toSorted((a, b) => (a.where?.line ?? 0) - (b.where?.line ?? 0));
}

function describeUnknownEnvironment(name: string, known: readonly string[], file: string, root: Mapping): Problem {
  const nearest = findNearest(name, known);
  const list = known.length > 0 ? `there are ${known.join(', ')}` : 'there are none';
  const hint = nearest ? ` Did you mean ${nearest}?` : '';
  return {
    name: 'input environment',
    message: `There is no ${quote(name)} under environments; ${list}.${hint}`,
    fix: nearest ? `Write environment: ${nearest}.` : `Add it under environments of ${file}, or leave the input empty.`,
    where: { file, line: root.entries.get('environments')?.line ?? 1 },
  };
}

function startsWith(path: Path, start: Path): boolean {
  return start.every((key, index) => path[index] === key);
}

/** A copy without the value at a path; items of lists become undefined, so that the others keep their index. */
function without(value: unknown, path: Path): unknown {
  const [key, ...rest] = path;
  if (key === undefined || typeof value !== 'object' || value === null) return undefined;
  if (Array.isArray(value)) return value.map((item: unknown, index) => (index === key ? without(item, rest) : item));
  if (!Object.hasOwn(value, key)) return value;
  const { [key]: inner, ...others }: Record<string, unknown> = { ...value };
  return rest.length === 0 ? others : { ...others, [key]: without(inner, rest) };
}
