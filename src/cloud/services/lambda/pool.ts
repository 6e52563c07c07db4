import { availableParallelism } from 'node:os';
import type { Clock } from '../../../time/clock.ts';
import type { WorkerStart } from '../../machines/worker.ts';
import type { FunctionWorker } from './function-worker.ts';
import type { Slots } from './slots.ts';

/**
 * Workers of a version that start at once. Starting costs a core: more at a time would only start later, and calls that come meanwhile
 * would ask for more of them still.
 */
const startsAtOnce = Math.max(2, availableParallelism());

export type StartKind = 'on-demand' | 'provisioned-concurrency';

/** What a call gets: a worker, and how long it took to start when the call waited for that; or why there is none. */
type Taken =
  | {
      readonly kind: 'worker';
      readonly worker: FunctionWorker;
      readonly initMs: number | undefined;
      /** It can have the next call. Not for one that has ended. */
      readonly giveBack: () => void;
    }
  | { readonly kind: 'failed'; readonly start: FailedStart };

export type FailedStart = Exclude<WorkerStart, { kind: 'ready' }> & {
  readonly milliseconds: number;
  readonly worker: FunctionWorker | undefined;
};

/** The workers of one version. */
export interface Pool {
  /** One that idles, or else a new one. */
  take(): Promise<Taken>;
  /** Keeps so many ready, from now on. */
  provision(count: number): void;
  readonly provisioned: { readonly ready: number; readonly failure: string | undefined };
  /** No new calls will come: ends workers as soon as they idle. Calls that were taken before are served. */
  retire(): void;
  /** Ends every worker now and waits until they are gone. */
  close(): Promise<void>;
}

interface PoolOptions {
  readonly clock: Clock;
  readonly slots: Slots;
  /** How long a worker may idle. */
  readonly idleMs: number;
  readonly start: (kind: StartKind) => Promise<FunctionWorker>;
}

/** A worker from the moment it was decided on. */
interface Member {
  kind: StartKind;
  worker: FunctionWorker | undefined;
  ready: boolean;
  /** While it idles on its own account. */
  stopIdling: (() => void) | undefined;
}

export function createPool({ clock, slots, idleMs, start }: PoolOptions): Pool {
  const members = new Set<Member>();
  const idle: Member[] = [];
  const waiting: ((taken: Taken) => void)[] = [];
  const lives = new Set<Promise<void>>();
  let wanted = 0;
  let failure: string | undefined;
  let order: 'serve' | 'retire' | 'close' = 'serve';

  const isClosed = () => order === 'close';
  const provisioned = () => [...members].filter((member) => member.kind === 'provisioned-concurrency');

  function putBack(member: Member, worker: FunctionWorker, initMs?: number): void {
    const next = waiting.shift();
    if (next) next(lend(member, worker, member.kind === 'on-demand' ? initMs : undefined));
    else if (order !== 'serve') worker.kill();
    else {
      idle.push(member);
      if (member.kind === 'on-demand') leaveInTime(member);
    }
  }

  const lend = (member: Member, worker: FunctionWorker, initMs?: number): Taken => ({
    kind: 'worker',
    worker,
    initMs,
    giveBack: () => (members.has(member) ? putBack(member, worker) : undefined),
  });

  /** Ends an idle worker after a while, or when another version needs its place. */
  function leaveInTime(member: Member): void {
    const leave = () => {
      wake(member);
      member.worker?.kill();
    };
    const busy = new AbortController();
    const withdraw = slots.offer(leave);
    member.stopIdling = () => {
      busy.abort();
      withdraw();
    };
    void clock.sleep(idleMs, busy.signal).then(() => (busy.signal.aborted ? undefined : leave()));
  }

  /** It idles no more. */
  function wake(member: Member): void {
    const at = idle.indexOf(member);
    if (at !== -1) idle.splice(at, 1);
    member.stopIdling?.();
    member.stopIdling = undefined;
  }

  /** The one used last: the others come to the end of their time. */
  function wakeOne(): Taken | undefined {
    for (let member = idle.at(-1); member; member = idle.at(-1)) {
      wake(member);
      if (member.worker && member.worker.staleFrom > clock.now()) return lend(member, member.worker);
      member.worker?.kill();
    }
    return undefined;
  }

  async function live(member: Member): Promise<void> {
    const release = await slots.take();
    try {
      if (isClosed()) return;
      const worker = await start(member.kind);
      member.worker = worker;
      if (isClosed()) worker.kill();
      const startedMs = performance.now();
      const outcome = await worker.started;
      if (outcome.kind === 'ready') {
        member.ready = true;
        putBack(member, worker, outcome.milliseconds);
        startForWaiting();
      } else {
        worker.kill();
        fail(member, { ...outcome, milliseconds: performance.now() - startedMs, worker });
      }
      await worker.ended;
    } catch (error) {
      fail(member, { kind: 'failed', body: describeError(error), milliseconds: 0, worker: undefined });
    } finally {
      wake(member);
      members.delete(member);
      release();
      fill();
      startForWaiting();
    }
  }

  function fail(member: Member, failed: FailedStart): void {
    if (member.kind === 'provisioned-concurrency') failure = 'FUNCTION_ERROR_INIT_FAILURE';
    else waiting.shift()?.({ kind: 'failed', start: failed });
  }

  function launch(kind: StartKind): void {
    const member: Member = { kind, worker: undefined, ready: false, stopIdling: undefined };
    members.add(member);
    const life = live(member).finally(() => lives.delete(life));
    lives.add(life);
  }

  /** A worker for each call that waits, a few at a time; a worker that becomes free before takes the call as well. */
  function startForWaiting(): void {
    const starting = [...members].filter(({ kind, ready }) => kind === 'on-demand' && !ready).length;
    for (let count = starting; count < Math.min(waiting.length, startsAtOnce) && !isClosed(); count++) launch('on-demand');
  }

  /** Starts what is provisioned and not there, also when one has died. */
  function fill(): void {
    if (order !== 'serve' || failure !== undefined) return;
    for (let count = provisioned().length; count < wanted; count++) launch('provisioned-concurrency');
  }

  function provision(count: number): void {
    wanted = count;
    failure = undefined;
    for (const member of provisioned().slice(count)) {
      member.kind = 'on-demand';
      if (idle.includes(member)) leaveInTime(member);
    }
    fill();
  }

  return {
    take: () => {
      const taken = wakeOne();
      if (taken) return Promise.resolve(taken);
      return new Promise((resolve) => {
        waiting.push(resolve);
        startForWaiting();
      });
    },
    provision,
    get provisioned() {
      return { ready: provisioned().filter((member) => member.ready).length, failure };
    },
    retire: () => {
      provision(0);
      if (order === 'serve') order = 'retire';
      for (const member of idle.splice(0)) {
        wake(member);
        member.worker?.kill();
      }
    },
    close: async () => {
      order = 'close';
      for (const member of members) member.worker?.kill();
      for (const give of waiting.splice(0)) give({ kind: 'failed', start: closing });
      await Promise.all(lives);
    },
  };
}

function describeError(error: unknown): Uint8Array {
  const errorMessage = error instanceof Error ? error.message : String(error);
  return Buffer.from(JSON.stringify({ errorType: 'Runtime.StartError', errorMessage }));
}

const closing: FailedStart = {
  kind: 'failed',
  body: describeError(new Error('The local cloud is closing.')),
  milliseconds: 0,
  worker: undefined,
};
