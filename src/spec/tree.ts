import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import type { Document, Scalar as YamlScalar } from 'yaml';
import type { Problem } from '../action-error.ts';

/** Keys and indexes from the root. */
export type Path = readonly (string | number)[];

interface Place {
  /** Where it is written, also after an overlay moved it: `environments.production.bucket`. */
  readonly name: string;
  readonly line: number;
}
export type Scalar = Place & {
  readonly kind: 'scalar';
  readonly value: string | number | boolean | null;
  /** Numbers and booleans as they stand in the file (`0.10`), strings by their value. */
  readonly source: string;
};
export type Mapping = Place & { readonly kind: 'map'; readonly entries: ReadonlyMap<string, Tree> };
type Sequence = Place & { readonly kind: 'list'; readonly items: readonly Tree[] };

/** A YAML file as values that still know their line and their spelling. */
export type Tree = Scalar | Mapping | Sequence;

const maxNodes = 20_000;
const maxDepth = 40;

/** Reads YAML 1.2 text. Aliases are followed as far as the bounds allow, so a small file cannot become a huge one. */
export function readTree(text: string, file: string): { tree: Tree } | { problems: Problem[] } {
  const lineCounter = new LineCounter();
  const document = parseBounded(text, lineCounter);
  if (!document) return { problems: [tooDeep(file)] };
  const problems = [...document.errors, ...document.warnings].map((error) => describeSyntax(error, file, lineCounter));
  if (problems.length > 0) return { problems };
  const reader = { document, file, lineCounter, problems, nodes: 0 };
  const tree = toTree(reader, document.contents, '', 1, 0);
  return reader.problems.length > 0 ? { problems: reader.problems } : { tree };
}

interface Reader {
  readonly document: Document.Parsed;
  readonly file: string;
  readonly lineCounter: LineCounter;
  readonly problems: Problem[];
  nodes: number;
}

function parseBounded(text: string, lineCounter: LineCounter): Document.Parsed | undefined {
  try {
    return parseDocument(text, { lineCounter, prettyErrors: false, schema: 'core', version: '1.2' });
  } catch (error) {
    // The parser recurses: thousands of open brackets exhaust the stack.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function tooDeep(file: string): Problem {
  return {
    name: file,
    message: `is nested more than ${maxDepth} levels deep or has more than ${maxNodes} values once its aliases are followed.`,
    fix: 'Write it flatter, without aliases that multiply.',
    where: { file },
  };
}

function describeSyntax(
  error: { code: string; message: string; pos: readonly [number, number] },
  file: string,
  lines: LineCounter,
): Problem {
  const { line, col } = lines.linePos(error.pos[0]);
  const where = { file, line: Math.max(1, line) };
  const name = `${file}:${where.line}:${Math.max(1, col)}`;
  if (error.code === 'DUPLICATE_KEY')
    return { name, message: 'has a key a second time in the same map.', fix: 'Keep one of the two.', where };
  if (error.code === 'MULTIPLE_DOCS')
    return { name, message: 'begins a second document; one is allowed.', fix: 'Remove the --- line.', where };
  const message = `is not valid YAML: ${error.message.replaceAll(/\s+/g, ' ').slice(0, 300)}.`;
  return { name, message, fix: 'Correct the syntax on this line; values with : # or quotes in them want quotes.', where };
}

function toTree(reader: Reader, node: unknown, name: string, parentLine: number, depth: number): Tree {
  reader.nodes += 1;
  if (reader.nodes > maxNodes || depth > maxDepth) {
    if (!reader.problems.some((problem) => problem.name === reader.file)) reader.problems.push(tooDeep(reader.file));
    return { kind: 'scalar', value: null, source: '', name, line: parentLine };
  }
  const line = findLine(reader, node) ?? parentLine;
  const place = { name, line };
  if (isAlias(node)) {
    const target = node.resolve(reader.document);
    if (target) return { ...toTree(reader, target, name, line, depth + 1), line };
    reader.problems.push({
      name: name || reader.file,
      message: `*${node.source} points to no anchor that is written above it.`,
      fix: `Write &${node.source} at the value it is to repeat.`,
      where: { file: reader.file, line },
    });
    return { kind: 'scalar', value: null, source: '', ...place };
  }
  if (isMap(node)) return { kind: 'map', entries: readEntries(reader, node.items, place, depth), ...place };
  if (isSeq(node))
    return {
      kind: 'list',
      items: node.items.map((item, index) => toTree(reader, item, `${name}[${index}]`, line, depth + 1)),
      ...place,
    };
  return isScalar(node) ? readScalar(node, place) : { kind: 'scalar', value: null, source: '', ...place };
}

function readEntries(
  reader: Reader,
  items: readonly { key: unknown; value: unknown }[],
  place: Place,
  depth: number,
): Map<string, Tree> {
  const entries = new Map<string, Tree>();
  for (const { key, value } of items) {
    const line = findLine(reader, key) ?? place.line;
    const text = isScalar(key) ? readScalar(key, place).source : undefined;
    if (text === undefined || text === '__proto__') {
      reader.problems.push({
        name: place.name || reader.file,
        message: 'has a key that is no plain text.',
        fix: 'Write the key as one word.',
        where: { file: reader.file, line },
      });
      continue;
    }
    const name = place.name === '' ? text : `${place.name}.${text}`;
    // A value on the lines below its key is found by the key.
    entries.set(text, { ...toTree(reader, value, name, line, depth + 1), line });
  }
  return entries;
}

function readScalar(node: YamlScalar, place: Place): Scalar {
  const { value, source } = node;
  if (typeof value === 'number' || typeof value === 'boolean')
    return { kind: 'scalar', value, source: source ?? String(value), ...place };
  if (value === null || value === undefined) return { kind: 'scalar', value: null, source: source ?? '', ...place };
  const text = typeof value === 'string' ? value : (source ?? '');
  return { kind: 'scalar', value: text, source: text, ...place };
}

function findLine(reader: Reader, node: unknown): number | undefined {
  const range = node && typeof node === 'object' && 'range' in node ? node.range : undefined;
  return Array.isArray(range) && typeof range[0] === 'number'
    ? Math.max(1, reader.lineCounter.linePos(range[0]).line)
    : undefined;
}

/** Plain JavaScript values. */
export function toPlain(tree: Tree): unknown {
  if (tree.kind === 'scalar') return tree.value;
  if (tree.kind === 'list') return tree.items.map(toPlain);
  return Object.fromEntries([...tree.entries].map(([key, value]) => [key, toPlain(value)]));
}

/** The value at a path; undefined when there is none. */
export function findNode(tree: Tree, path: Path): Tree | undefined {
  let node: Tree | undefined = tree;
  for (const key of path) {
    if (node?.kind === 'map') node = node.entries.get(String(key));
    else if (node?.kind === 'list') node = node.items[Number(key)];
    else return undefined;
  }
  return node;
}

/** Where a path is written; what does not exist is placed at the deepest thing around it that does. */
export function locate(tree: Tree, path: Path): { name: string; line: number } {
  for (let length = path.length; length > 0; length -= 1) {
    const node = findNode(tree, path.slice(0, length));
    if (node) return { name: [node.name, ...path.slice(length)].join('.'), line: node.line };
  }
  return { name: path.join('.'), line: tree.line };
}

/** The line of every key, by its dotted path. */
export function listLines(tree: Tree, prefix = ''): Record<string, number> {
  const lines: Record<string, number> = prefix === '' ? {} : { [prefix]: tree.line };
  if (tree.kind === 'map') {
    for (const [key, value] of tree.entries) Object.assign(lines, listLines(value, prefix === '' ? key : `${prefix}.${key}`));
  } else if (tree.kind === 'list') {
    for (const [index, item] of tree.items.entries()) Object.assign(lines, listLines(item, `${prefix}[${index}]`));
  }
  return lines;
}

/** A value as text that reaches a script unchanged: scalars as written, lists and maps as compact JSON. */
export function toVerbatim(tree: Tree): string {
  return tree.kind === 'scalar' ? tree.source : toJson(tree);
}

const jsonNumber = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

function toJson(tree: Tree): string {
  if (tree.kind === 'list') return `[${tree.items.map(toJson).join(',')}]`;
  if (tree.kind === 'map')
    return `{${[...tree.entries].map(([key, value]) => `${JSON.stringify(key)}:${toJson(value)}`).join(',')}}`;
  return typeof tree.value === 'number' && jsonNumber.test(tree.source) ? tree.source : JSON.stringify(tree.value);
}
