import { EventEmitter } from 'node:events';
import { afterEach, describe, expect, test } from '@jest/globals';
import { ActionError, throwProblems } from '../../../src/action-error.ts';
import { onCancel } from '../../../src/runner/cancel.ts';
import { handleAction } from '../../../src/runner/handle.ts';
import type { Log } from '../../../src/runner/ports.ts';

afterEach(() => {
  process.exitCode = undefined;
});

/** Runs it and returns what the reader sees, and the exit code. */
async function outcomeOf(run: () => void, warnOnly = false): Promise<{ seen: string[]; exitCode: unknown }> {
  const seen: string[] = [];
  const log: Log = {
    info: (line) => seen.push(`info ${line}`),
    notice: (message) => seen.push(`notice ${message}`),
    warning: (message) => seen.push(`warning ${message}`),
    error: (message, { file, line } = {}) => seen.push(`error ${file ?? ''}:${line ?? ''} ${message}`),
    untrusted: (title, lines) => seen.push(`group ${title}: ${lines[0]}`),
    mask: () => undefined,
  };
  await handleAction(async () => run(), { log, warnOnly });
  const { exitCode } = process;
  process.exitCode = undefined;
  return { seen, exitCode };
}

const problems = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    name: `key-${index}.`,
    message: 'It is wrong.',
    fix: 'Correct it.',
    where: { file: 'trainyard.yml', line: index + 1 },
  }));

function fail(): never {
  throw new ActionError({
    kind: 'aws',
    message: 'Bucket b does not exist.',
    fix: 'Create it.',
    where: { file: 'trainyard.yml', line: 3 },
  });
}

describe('what the reader sees', () => {
  test('nothing when nothing fails', async () => {
    expect(await outcomeOf(() => undefined)).toEqual({ seen: [], exitCode: undefined });
  });

  test('one annotation: what, and what to change', async () => {
    expect(await outcomeOf(fail)).toEqual({
      seen: ['error trainyard.yml:3 Bucket b does not exist.\nFix: Create it.'],
      exitCode: 1,
    });
    expect(await outcomeOf(fail, true)).toEqual({
      seen: ['warning trainyard.yml:3 Bucket b does not exist.\nFix: Create it.'],
      exitCode: undefined,
    });
  });

  test('a single problem is one annotation with its key', async () => {
    const { seen } = await outcomeOf(() => throwProblems(problems(1)));
    expect(seen).toEqual(['error trainyard.yml:1 key-0.: It is wrong.\nFix: Correct it.']);
  });

  test('ten problems are ten annotations, and all in the log', async () => {
    const { seen, exitCode } = await outcomeOf(() => throwProblems(problems(10)));
    expect(seen.filter((line) => line.startsWith('error'))).toHaveLength(10);
    expect(seen.filter((line) => line.startsWith('info'))).toHaveLength(11);
    expect(seen[1]).toBe('info - trainyard.yml:1 key-0.: It is wrong.\nFix: Correct it.');
    expect(exitCode).toBe(1);
  });

  test('of fourteen the last annotation counts the rest', async () => {
    const { seen } = await outcomeOf(() => throwProblems(problems(14)));
    const errors = seen.filter((line) => line.startsWith('error'));
    expect(errors).toHaveLength(10);
    expect(errors[9]).toBe('error : 5 more problems are listed in the log of this step.\nFix: Open the log.');
    expect(seen.filter((line) => line.startsWith('info - '))).toHaveLength(14);
  });

  test('an unexpected error is our bug, with its stack in the log', async () => {
    const { seen, exitCode } = await outcomeOf(() => {
      throw new TypeError('x is undefined');
    });
    expect(seen).toEqual([
      'group Where it happened: TypeError: x is undefined',
      'error : x is undefined\nThis is a bug in Trainyard. Fix: please report it with the log of this step.',
    ]);
    expect(exitCode).toBe(1);
  });

  test.each(['a text', undefined, null, 7])('%p thrown', async (value) => {
    const { seen } = await outcomeOf(() => {
      throw value;
    });
    expect(seen.at(-1)).toContain(String(value));
  });
});

describe('a cancel', () => {
  test.each(['SIGINT', 'SIGTERM'] as const)('%s aborts and says so', (name) => {
    const source = new EventEmitter();
    const signal = onCancel(source);
    expect(signal.aborted).toBe(false);
    source.emit(name);
    source.emit(name);
    expect(signal.aborted).toBe(true);
    expect(String(signal.reason)).toContain(name);
  });
});
