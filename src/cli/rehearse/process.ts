import { spawn } from 'node:child_process';
import { StringDecoder } from 'node:string_decoder';

export interface ProcessOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly onLine: (line: string) => void;
  /** Ends the process as the runner does when it aborts. */
  readonly cancel: AbortSignal;
  /** Ends it at once. */
  readonly kill: AbortSignal;
  readonly graces: Graces;
  /** Told of the process group while it lives, so that somebody else can end it if we cannot. */
  readonly guard: { add(group: number): void; remove(group: number): void };
}

/** How long the runner waits between SIGINT and SIGTERM and between SIGTERM and SIGKILL. */
export interface Graces {
  readonly interruptMs: number;
  readonly terminateMs: number;
}
export const runnerGraces: Graces = { interruptMs: 7_500, terminateMs: 2_500 };

/** Output that a child of the process still holds open after its exit is waited for this long, as in the runner. */
const outputGraceMs = 5_000;
const maxLineLength = 64 * 1024;

/** Runs a step's process in a group of its own; resolves with its exit code, or -1 when a signal ended it. */
export function runProcess(options: ProcessOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(options.command, options.args, {
      cwd: options.cwd,
      env: options.env,
      // Its own group: Ctrl-C in the terminal reaches us alone, and the whole group can be ended at once.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const group = child.pid;
    if (group !== undefined) options.guard.add(group);
    const timers: NodeJS.Timeout[] = [];
    const closeOutput = () => {
      child.stdout.destroy();
      child.stderr.destroy();
    };
    const stop = () => {
      child.kill('SIGINT');
      timers.push(
        setTimeout(() => child.kill('SIGTERM'), options.graces.interruptMs),
        setTimeout(() => signalGroup(group, 'SIGKILL'), options.graces.interruptMs + options.graces.terminateMs),
      );
    };
    const end = () => {
      signalGroup(group, 'SIGKILL');
      closeOutput();
    };
    const clear = () => {
      for (const timer of timers) clearTimeout(timer);
      options.cancel.removeEventListener('abort', stop);
    };
    if (options.kill.aborted) end();
    else options.kill.addEventListener('abort', end, { once: true });
    if (options.cancel.aborted) stop();
    else options.cancel.addEventListener('abort', stop, { once: true });
    for (const stream of [child.stdout, child.stderr]) readLines(stream, options.onLine);

    child.once('error', (error) => {
      clear();
      options.kill.removeEventListener('abort', end);
      reject(error);
    });
    child.once('exit', () => {
      clear();
      timers.push(setTimeout(closeOutput, outputGraceMs));
    });
    child.once('close', (code) => {
      clear();
      options.kill.removeEventListener('abort', end);
      if (group !== undefined) options.guard.remove(group);
      resolve(code ?? -1);
    });
  });
}

/** Signals every process of a group; one that is gone is no error. */
function signalGroup(group: number | undefined, signal: NodeJS.Signals): void {
  if (group === undefined) return;
  try {
    process.kill(-group, signal);
  } catch {
    // ESRCH: nobody is left.
  }
}

function readLines(stream: NodeJS.ReadableStream, onLine: (line: string) => void): void {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  const take = (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(cut(line));
    if (rest.length > maxLineLength) {
      onLine(cut(rest));
      rest = '';
    }
  };
  stream.on('data', (chunk: Buffer) => take(decoder.write(chunk)));
  stream.on('close', () => {
    take(decoder.end());
    if (rest !== '') onLine(cut(rest));
    rest = '';
  });
  stream.on('error', () => undefined);
}

function cut(line: string): string {
  const text = line.endsWith('\r') ? line.slice(0, -1) : line;
  return text.length > maxLineLength ? `${text.slice(0, maxLineLength)} … (line cut)` : text;
}
