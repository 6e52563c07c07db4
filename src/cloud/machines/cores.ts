import { availableParallelism } from 'node:os';

/** Cores a job holds until it gives them back. */
export interface Lease {
  readonly cores: number;
  /** Idempotent. */
  release(): void;
}

export interface CorePool {
  readonly size: number;
  readonly free: number;
  /**
   * Waits, first come first served, for one core an instance. A job of more instances than there are cores gets all of them.
   * Resolves to undefined when `signal` aborts first.
   */
  take(instances: number, signal: AbortSignal): Promise<Lease | undefined>;
}

/** Real cores, shared out one an instance: jobs that would halve each other's speed wait instead, so durations and CPU stay true. */
export function createCorePool(size = availableParallelism()): CorePool {
  let free = size;
  const waiting: { cores: number; grant: (lease: Lease) => void }[] = [];

  const lease = (cores: number): Lease => {
    let held = true;
    return {
      cores,
      release: () => {
        if (!held) return;
        held = false;
        free += cores;
        serve();
      },
    };
  };
  /** Only ever the head of the queue: a small job must not starve a large one. */
  const serve = () => {
    for (let head = waiting[0]; head && head.cores <= free; head = waiting[0]) {
      waiting.shift();
      free -= head.cores;
      head.grant(lease(head.cores));
    }
  };

  return {
    size,
    get free() {
      return waiting.length > 0 ? 0 : free;
    },
    take: (instances, signal) =>
      new Promise((resolve) => {
        if (signal.aborted) return resolve(undefined);
        const leave = () => {
          waiting.splice(waiting.indexOf(entry), 1);
          resolve(undefined);
          serve();
        };
        const entry = {
          cores: Math.min(instances, size),
          grant: (granted: Lease) => {
            signal.removeEventListener('abort', leave);
            resolve(granted);
          },
        };
        signal.addEventListener('abort', leave, { once: true });
        waiting.push(entry);
        serve();
      }),
  };
}
