import { describe, expect, test } from '@jest/globals';
import {
  findTrees,
  parseStat,
  readMemoryBytes,
  readProcesses,
  sumCpuSeconds,
  type ProcessRow,
} from '../../../../src/cloud/machines/process-tree.ts';

const row = (pid: number, parent: number, ownTicks = 0, childTicks = 0): [number, ProcessRow] => [
  pid,
  { pid, parent, ownTicks, childTicks },
];

describe('process trees', () => {
  test.each([
    ['an ordinary name', '7 (python3) S 3 7 7 0 -1 4194560 1 2 3 4 50 60 700 800 20 0'],
    ['a name made to mislead', '7 (x) R 1 1 1) S 3 7 7 0 -1 4194560 1 2 3 4 50 60 700 800 20 0'],
  ])('%s', (_, text) => expect(parseStat(7, text)).toEqual({ pid: 7, parent: 3, ownTicks: 110, childTicks: 1500 }));

  test('a line that is cut is no process', () => expect(parseStat(7, '7 (python3) S 3')).toBeUndefined());

  test('CPU is that of the living and of the dead somebody waited for; the wrapper itself is left out', () => {
    const processes = new Map([row(1, 0, 900), row(10, 1, 5, 100), row(11, 10, 30, 40), row(12, 11, 7), row(20, 1, 3, 50)]);
    const trees = findTrees(processes, [10, 20]);
    expect(trees.get(10)?.toSorted()).toEqual([11, 12]);
    expect(trees.get(20)).toEqual([]);
    expect(sumCpuSeconds(processes, 10, trees.get(10) ?? [])).toBeCloseTo(1.77);
    expect(sumCpuSeconds(processes, 20, [])).toBeCloseTo(0.5);
  });

  test('this process is found in /proc, with the memory it has', async () => {
    expect((await readProcesses()).get(process.pid)?.parent).toBe(process.ppid);
    const bytes = await readMemoryBytes([process.pid]);
    expect(bytes).toBeGreaterThan(10e6);
    expect(bytes).toBeLessThanOrEqual(process.memoryUsage().rss * 1.5);
    expect(await readMemoryBytes([2 ** 22 + 1])).toBe(0);
  });
});
