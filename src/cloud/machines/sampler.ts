import type { Clock } from '../../time/clock.ts';
import { createCpuMeter, type CpuMeter } from './cpu-meter.ts';
import { findTrees, readMemoryBytes, readProcesses, sumCpuSeconds } from './process-tree.ts';

/** CPU in per cent of one core over an interval, and the memory in bytes at its end; `at` is the interval's middle, so that a period's average is the period's. */
export interface Sample {
  readonly at: Date;
  readonly cpuPercent: number;
  readonly memoryBytes: number | undefined;
}

/** One machine from the moment it is there until it is given back, also while nothing runs on it. */
export interface Watch {
  /** A host runs on it: the tree below this wrapper is its load. */
  attach(rootPid: number): void;
  /** The host has ended; its wrapper's total corrects what the looks at /proc have missed. */
  detach(totalCpuSeconds: number | undefined): void;
  /** The machine is given back. Gives what was held back. */
  close(): void;
}

export interface Sampler {
  watch(onSample: (sample: Sample) => void): Watch;
}

/** Ticks of /proc are 10 ms: nothing finer than this can be told. */
const sampleEveryMs = 500;

interface Machine {
  root: number | undefined;
  /** Total of the host that ran. */
  cpuSeconds: number;
  readonly meter: CpuMeter;
}

/** One look at /proc a tick serves every machine. It ticks only while there is something to watch. */
export function createSampler(clock: Clock): Sampler {
  const machines = new Set<Machine>();
  let ticking = false;

  const look = async () => {
    const seen = [...machines].map((machine) => ({ machine, root: machine.root }));
    const roots = seen.flatMap(({ root }) => root ?? []);
    const processes = roots.length > 0 ? await readProcesses() : new Map<number, never>();
    const at = clock.now();
    const trees = findTrees(processes, roots);
    for (const { machine, root } of seen) {
      const tree = trees.get(root ?? 0) ?? [];
      const memoryBytes = tree.length > 0 ? await readMemoryBytes(tree) : undefined;
      const ended = root === undefined || machine.root !== root;
      const cpuSeconds = ended ? machine.cpuSeconds : sumCpuSeconds(processes, root, tree);
      if (machines.has(machine)) machine.meter.add(at, cpuSeconds, memoryBytes);
    }
  };
  const tick = async () => {
    if (ticking) return;
    ticking = true;
    while (machines.size > 0) {
      // On whole half seconds, so that a period of one second holds two samples.
      await clock.sleep(sampleEveryMs - (clock.now().getTime() % sampleEveryMs));
      // A look that fails loses nothing: the next one reads the same running totals.
      await look().catch(() => {});
    }
    ticking = false;
  };

  return {
    watch: (onSample) => {
      const machine: Machine = { root: undefined, cpuSeconds: 0, meter: createCpuMeter(clock.now(), onSample) };
      machines.add(machine);
      void tick();
      return {
        attach: (root) => void (machine.root = root),
        detach: (total) => {
          machine.root = undefined;
          machine.cpuSeconds = total ?? 0;
        },
        close: () => {
          if (machines.delete(machine)) machine.meter.close(clock.now(), machine.cpuSeconds);
        },
      };
    },
  };
}
