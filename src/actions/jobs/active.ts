import { type AnyJob, type JobDeps, type JobRecord, labelOf } from './ports.ts';

/** Jobs that this step has asked for and that it has not yet seen to end, with what is known of each. */
export interface ActiveJobs<Kept extends JobRecord> {
  /** From just before the create call; `started` settles when that call has been answered. */
  add(record: Kept, started: Promise<unknown>): void;
  update(record: Kept): void;
  remove(name: string): void;
  /**
   * Asks one to stop and writes that down; what goes wrong is a warning, the post step tries again.
   * @returns the record as written, when the stop was taken
   */
  stop(name: string, why: string): Promise<Kept | undefined>;
  /** Asks all of them to stop at once and writes that down; at most `graceMs` for everything. */
  stopAll(why: string, graceMs: number): Promise<void>;
}

export function createActiveJobs<Kept extends JobRecord>(
  deps: Pick<JobDeps<Kept, never, AnyJob>, 'jobs' | 'records' | 'clock' | 'log'>,
): ActiveJobs<Kept> {
  const active = new Map<string, { record: Kept; started: Promise<unknown> }>();

  async function request(name: string): Promise<'requested' | 'ended' | 'missing'> {
    const answer = await deps.jobs.stop(name);
    const entry = active.get(name);
    if (answer !== 'missing' || !entry) return answer;
    // The create call may still be on its way: what it makes is stopped as soon as it has been answered.
    await entry.started.catch(() => undefined);
    return deps.jobs.stop(name);
  }

  async function stop(name: string, why: string): Promise<Kept | undefined> {
    if (!active.has(name)) return undefined;
    try {
      if ((await request(name)) !== 'requested') return undefined;
      const entry = active.get(name);
      if (!entry) return undefined;
      const { record } = entry;
      deps.log.info(`${labelOf(record)}: stop of ${name} requested.`);
      const now = deps.clock.now().toISOString();
      const state = { status: 'stop-requested', at: now, why } as const;
      const requested: Kept = { ...record, state, times: { ...record.times, updated: now } };
      active.set(name, { ...entry, record: requested });
      await deps.records.write(requested);
      return requested;
    } catch (error) {
      deps.log.warning(`${name} could not be asked to stop yet (${String(error)}); the post step tries again.`);
      return undefined;
    }
  }

  return {
    add: (record, started) => void active.set(record.name, { record, started }),
    update(record) {
      const entry = active.get(record.name);
      if (entry) active.set(record.name, { ...entry, record });
    },
    remove: (name) => void active.delete(name),
    stop,
    async stopAll(why, graceMs) {
      const done = new AbortController();
      const stops = Promise.all([...active.keys()].map((name) => stop(name, why)));
      await Promise.race([stops, deps.clock.sleep(graceMs, done.signal)]);
      done.abort();
    },
  };
}
