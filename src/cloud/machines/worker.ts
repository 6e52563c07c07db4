import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Delivery, type RuntimeAnswer, type RuntimeApi, startRuntimeApi } from './runtime-api.ts';
import { type HostEnd, type HostPlan, startHost } from './start-host.ts';

/** A worker: one process that answers one event at a time. */
export interface WorkerPlan extends Omit<HostPlan, 'home' | 'env' | 'stopGraceSeconds'> {
  /** Given the address of the Runtime API, all of the environment but HOME and TMPDIR. */
  readonly env: (runtimeApi: string) => Readonly<Record<string, string>>;
}

export type WorkerStart =
  | { readonly kind: 'ready'; readonly milliseconds: number }
  | { readonly kind: 'failed'; readonly body: Uint8Array }
  | { readonly kind: 'exited'; readonly end: HostEnd };

/** `taken`: it had the event when it ended; otherwise nobody has seen it and it can go to another worker. */
export type WorkerAnswer = RuntimeAnswer | { readonly kind: 'exited'; readonly end: HostEnd; readonly taken: boolean };

export interface Worker {
  /** Settles when it asks for its first event, or never will; never rejects. */
  readonly started: Promise<WorkerStart>;
  /** One event at a time. Never rejects. */
  run(delivery: Delivery): Promise<WorkerAnswer>;
  /** Ends it at once. */
  kill(): void;
  /** Settles when no process of it is left and its folder is gone; never rejects. */
  readonly ended: Promise<HostEnd>;
}

/** How long the last lines a handler wrote may take to come through the pipe after its answer. */
const outputGraceMs = 200;
const endMark = '\0end ';

/** Starts a process with a Runtime API of its own, a HOME and a temporary folder. @throws Error when it cannot be spawned */
export async function startWorker(plan: WorkerPlan): Promise<Worker> {
  const startedMs = performance.now();
  const [home, temp] = [join(plan.folder, 'home'), join(plan.folder, 'tmp')];
  await Promise.all([home, temp].map((folder) => mkdir(folder, { recursive: true })));
  const start = Promise.withResolvers<WorkerStart>();
  const marks = createMarks();
  const api = await startRuntimeApi({
    onNext: () => start.resolve({ kind: 'ready', milliseconds: performance.now() - startedMs }),
    onInitError: (body) => start.resolve({ kind: 'failed', body }),
  });
  const host = await startHost({
    ...plan,
    home,
    env: { ...plan.env(api.address), TMPDIR: temp },
    stopGraceSeconds: 0,
    onLines: (lines) => {
      const kept = lines.flatMap((line) => marks.read(line) ?? []);
      if (kept.length > 0) plan.onLines(kept);
    },
  }).catch((error: unknown) => {
    api.close();
    throw error;
  });
  const ended = host.ended.then(async (end) => {
    api.close();
    start.resolve({ kind: 'exited', end });
    await rm(plan.folder, { recursive: true, force: true }).catch(() => {});
    return end;
  });
  return { started: start.promise, ended, kill: () => host.kill(), run: (delivery) => run(api, host.ended, marks, delivery) };
}

async function run(api: RuntimeApi, ended: Promise<HostEnd>, marks: Marks, delivery: Delivery): Promise<WorkerAnswer> {
  const written = marks.expect(delivery.requestId);
  let taken = false;
  const answer = await Promise.race([
    api.deliver(delivery, () => (taken = true)),
    ended.then((end): WorkerAnswer => ({ kind: 'exited', end, taken })),
  ]);
  if (answer.kind !== 'exited') await waitAtMost(outputGraceMs, written);
  return answer;
}

async function waitAtMost(milliseconds: number, done: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([done, new Promise<void>((resolve) => (timer = setTimeout(resolve, milliseconds)))]);
  clearTimeout(timer);
}

interface Marks {
  /** The line without its mark; undefined when nothing else is in it. */
  read(line: string): string | undefined;
  /** Resolves when the mark of this request has come. */
  expect(requestId: string): Promise<void>;
}

/** Marks in the output tell that everything a handler wrote before its answer has been read. */
function createMarks(): Marks {
  let awaited: { requestId: string; came: () => void } | undefined;
  return {
    read: (line) => {
      const at = line.lastIndexOf(endMark);
      if (at === -1) return line;
      if (awaited?.requestId === line.slice(at + endMark.length)) awaited.came();
      return at === 0 ? undefined : line.slice(0, at);
    },
    expect: (requestId) => {
      const mark = Promise.withResolvers<void>();
      awaited = { requestId, came: mark.resolve };
      return mark.promise;
    },
  };
}
