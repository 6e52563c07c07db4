import { ActionError, type Problem } from '../action-error.ts';
import type { SmokeCase, Spec } from '../spec/spec.ts';
import type { PreparedCase } from './smoke-expect.ts';

/** Lambda takes at most 6 MB of a synchronous call. */
const maxPayloadBytes = 6 * 2 ** 20;

export type ReadFile = (path: string) => Promise<string>;

type Lines = Pick<Spec, 'path' | 'lines' | 'smoke'>;

/** Reads the files of the cases. Everything that is wrong with them is in `problems`; the cases are then of no use. */
export async function prepareCases(
  cases: readonly SmokeCase[],
  readFile: ReadFile,
  spec: Lines,
): Promise<{ cases: PreparedCase[]; problems: Problem[] }> {
  const problems: Problem[] = [];
  const prepared: PreparedCase[] = [];
  for (const smokeCase of cases) {
    const { name, event, expect, repeat, concurrency } = smokeCase;
    const index = spec.smoke.indexOf(smokeCase);
    const add = (key: string, message: string, fix: string) =>
      problems.push({ name: `smoke "${name}": ${key}`, message, fix, where: findCaseLine(spec, index, key) });
    const payload =
      'file' in event
        ? await readJson(event.file, readFile, 'event.file', add)
        : { value: 'url' in event ? { url: event.url } : event.json };
    const { golden, ...rest } = expect;
    const expected = golden && (await readJson(golden.file, readFile, 'expect.golden.file', add));
    if (!payload || (golden && !expected)) continue;
    const text = JSON.stringify(payload.value);
    if (Buffer.byteLength(text) > maxPayloadBytes)
      add(
        'event',
        `It has ${Buffer.byteLength(text)} bytes; Lambda takes ${maxPayloadBytes}.`,
        'Send a smaller event, or { url } of the file.',
      );
    prepared.push({
      name,
      payload: text,
      expect: { ...rest, ...(golden && expected && { golden: { ...golden, value: expected.value } }) },
      repeat,
      concurrency: Math.min(concurrency, repeat),
    });
  }
  return { cases: prepared, problems };
}

/** Line of a case in the spec, or of a key of it, as the place an annotation points at. */
export function findCaseLine(spec: Lines, index: number, key?: string): { file: string; line?: number } {
  const of = `smoke[${index}]`;
  const line = (key === undefined ? undefined : spec.lines[`${of}.${key}`]) ?? spec.lines[of];
  return { file: spec.path, ...(line === undefined ? {} : { line }) };
}

async function readJson(
  path: string,
  readFile: ReadFile,
  key: string,
  add: (key: string, message: string, fix: string) => void,
): Promise<{ value: unknown } | undefined> {
  let text: string;
  try {
    text = await readFile(path);
  } catch (error) {
    add(
      key,
      `${path} cannot be read: ${reasonOf(error)}.`,
      'Correct the path; it counts from the root of the repository, which must be checked out.',
    );
    return undefined;
  }
  try {
    return { value: JSON.parse(text) as unknown };
  } catch (error) {
    add(key, `${path} is not JSON: ${reasonOf(error)}.`, 'Write JSON in it.');
    return undefined;
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof ActionError) return error.message.replace(/\.$/, '');
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 'there is no such file';
  return (error instanceof Error ? error.message : String(error)).slice(0, 200);
}
