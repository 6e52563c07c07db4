import type { Problem } from '../action-error.ts';
import { findNearest } from '../spec/nearest.ts';
import type { InputReader } from './ports.ts';

/** Reads the inputs the runner passes as `INPUT_…` variables. What is wrong is collected in `problems`; the answer is then of no use. */
export function createInputReader(env: NodeJS.ProcessEnv = process.env): InputReader {
  const problems: Problem[] = [];
  const text = (name: string): string | undefined => env[variableOf(name)]?.trim() || undefined;
  const report = (name: string, message: string, fix: string): void => {
    problems.push({ name: `input ${name}`, message, fix });
  };

  return {
    problems,
    text,
    required: (name) => {
      const value = text(name);
      if (value === undefined) report(name, 'It is empty or missing.', `Add ${name}: … under with: of the step.`);
      return value ?? '';
    },
    boolean: (name) => {
      const value = text(name);
      if (value === undefined) return undefined;
      if (/^(?:true|True|TRUE)$/.test(value)) return true;
      if (/^(?:false|False|FALSE)$/.test(value)) return false;
      report(name, `It is ${quote(value)}; it must be true or false.`, `Write ${name}: true or ${name}: false.`);
      return undefined;
    },
    number: (name, range = {}) => readNumber(text(name), range, (message) => report(name, message, 'Write a number, e.g. 2.5.')),
    list: (name) => splitList(text(name)),
    map: (name) => readMap(text(name), (message) => report(name, message, 'Write one `name: value` a line, each name once.')),
    oneOf: (name, allowed) => {
      const value = text(name);
      if (value === undefined) return undefined;
      const known = allowed.find((candidate) => candidate === value);
      if (known === undefined) {
        const nearest = findNearest(value, allowed);
        report(
          name,
          `It is ${quote(value)}; it must be one of ${allowed.join(', ')}.`,
          nearest ? `Write ${nearest}.` : 'Write one of them.',
        );
      }
      return known;
    },
    declare: (names) => problems.push(...findUndeclared(env, names)),
  };
}

function variableOf(name: string): string {
  return `INPUT_${name.replaceAll(' ', '_').toUpperCase()}`;
}

function readNumber(
  text: string | undefined,
  range: { min?: number; max?: number },
  report: (message: string) => void,
): number | undefined {
  if (text === undefined) return undefined;
  const value = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text) ? Number(text) : Number.NaN;
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = range;
  if (Number.isFinite(value) && value >= min && value <= max) return value;
  const bounds = [
    range.min === undefined ? '' : ` of ${range.min} or more`,
    range.max === undefined ? '' : ` of ${range.max} or less`,
  ];
  report(`It is ${quote(text)}; it must be a number${bounds.filter(Boolean).join(' and')}.`);
  return undefined;
}

function splitList(text: string | undefined): string[] {
  const items = (text ?? '').split(/[,\n]/).map((item) => item.trim());
  return [...new Set(items.filter((item) => item !== ''))];
}

function readMap(text: string | undefined, report: (message: string) => void): Record<string, string> {
  const entries = new Map<string, string>();
  for (const line of (text ?? '').split('\n').map((raw) => raw.trim())) {
    if (line === '' || line.startsWith('#')) continue;
    const [, name, value] = /^([^:\s][^:]*?)\s*:\s+(.*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined || name === '__proto__')
      report(`The line ${quote(line)} is no \`name: value\`.`);
    else if (entries.has(name)) report(`The name ${quote(name)} is there twice.`);
    else entries.set(name, unquote(value));
  }
  return Object.fromEntries(entries);
}

/** A value wrapped in one pair of quotes, as YAML has them, means what is inside. */
function unquote(value: string): string {
  return /^'([^']*)'$/.exec(value)?.[1] ?? /^"([^"\\]*)"$/.exec(value)?.[1] ?? value;
}

/**
 * Inputs that are set though the action has none of that name. GitHub only warns, and the step would run with defaults.
 * A job may well set variables such as INPUT_VERSION for scripts of its own; so a name that could be one of those counts
 * only when it is close to an input. (GitHub's warning stays.)
 */
export function findUndeclared(env: NodeJS.ProcessEnv, names: readonly string[]): Problem[] {
  const declared = new Set(names.map(variableOf));
  return Object.keys(env)
    .filter((key) => key.startsWith('INPUT_') && !declared.has(key))
    .flatMap((key) => {
      const name = key.slice('INPUT_'.length).toLowerCase();
      const nearest = findNearest(name, names);
      if (!nearest && !name.includes('-')) return [];
      const message = `There is no such input; there are ${names.join(', ')}.${nearest ? ` Did you mean ${nearest}?` : ''}`;
      return [{ name: `input ${name}`, message, fix: nearest ? `Rename it to ${nearest}.` : 'Remove it.' }];
    });
}

function quote(value: string): string {
  return JSON.stringify(value.length > 80 ? `${value.slice(0, 79)}…` : value);
}
