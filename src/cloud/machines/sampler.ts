import type { Clock } from '../../time/clock.ts';
import { createCpuMeter, type CpuMeter } from './cpu-meter.ts';
import { findTrees, readMemoryBytes, readProcesses, sumCpuSeconds } from './process-tree.ts';

/** CPU in per cent of one core over an interval, and the memory in bytes at its end; `at` is the interval's middle, so that a period's average is the period's. */
export interface Sample {
  readonly at: Date;
  readonly cpuPercent: number;
  readonly memoryBytes: number | undefined;
}

export interface Watch {
  /** Closes the last interval with the total that the wrapper reported, and gives what was held back. */
  close(totalCpuSeconds: number | undefined): void;
}

export interface Sampler {
  /** Watches the tree below a host's wrapper until it is closed. */
  watch(rootPid: number, onSample: (sample: Sample) => void): Watch;
}

/** Ticks of /proc are 10 ms: nothing finer than this can be told. */
export const sampleEveryMs = 500;

interface Watched {
  readonly root: number;
  readonly meter: CpuMeter;
}

/** One look at /proc a tick serves every host. It ticks only while there is something to watch. */
export function createSampler(clock: Clock): Sampler {
  const watched = new Set<Watched>();
  let ticking = false;

  const look = async () => {
    const hosts = [...watched];
    const processes = await readProcesses();
    const at = clock.now();
    const roots = hosts.map((host) => host.root);
    const trees = findTrees(processes, roots);
    for (const host of hosts) {
      const tree = trees.get(host.root) ?? [];
      const cpuSeconds = sumCpuSeconds(processes, host.root, tree);
      const memoryBytes = tree.length > 0 ? await readMemoryBytes(tree) : undefined;
      // Closed while we looked: its total is known better than this.
      if (watched.has(host)) host.meter.add(at, cpuSeconds, memoryBytes);
    }
  };
  const tick = async () => {
    if (ticking) return;
    ticking = true;
    while (watched.size > 0) {
      // On whole half seconds, so that a period of one second holds two samples.
      await clock.sleep(sampleEveryMs - (clock.now().getTime() % sampleEveryMs));
      await look();
    }
    ticking = false;
  };

  return {
    watch: (root, onSample) => {
      const host = { root, meter: createCpuMeter(clock.now(), onSample) };
      watched.add(host);
      void tick();
      return {
        close: (total) => {
          if (watched.delete(host)) host.meter.close(clock.now(), total);
        },
      };
    },
  };
}
