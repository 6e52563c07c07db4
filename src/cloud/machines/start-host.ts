import { spawn } from 'node:child_process';
import { Readable } from 'node:stream';
import { createLineSplitter } from './split-lines.ts';
import { sweepHost } from './sweep-host.ts';

/** What runs on a machine, and with what. */
export interface HostPlan {
  /** Interpreter and file of the reaper. */
  readonly python: string;
  readonly reaper: string;
  readonly folder: string;
  /** HOME of its processes, which nothing else on this machine may have. */
  readonly home: string;
  readonly command: readonly string[];
  /** All of it but HOME: nothing of this process's environment is added. */
  readonly env: Readonly<Record<string, string>>;
  readonly stopGraceSeconds: number;
  /** Lines of standard output and error, in the order they were written. */
  readonly onLines: (lines: string[]) => void;
}

export interface HostEnd {
  /** 128 + n after signal n; undefined when nobody saw the command end. */
  readonly exitCode: number | undefined;
  /** CPU of the command and of everything it started; undefined when the wrapper itself was killed. */
  readonly cpuSeconds: number | undefined;
  /** The command outlived its grace, or was ended at once. */
  readonly killed: boolean;
}

export interface Host {
  /** Process id of the wrapper: the root of the host's process tree. */
  readonly pid: number;
  /** SIGTERM to the command, and the end of everything after the grace. */
  readonly stop: () => void;
  /** The end of everything, now. */
  readonly kill: () => void;
  /** Settles when no process of the host is left and its output has been read; never rejects. */
  readonly ended: Promise<HostEnd>;
}

/** Starts one machine: a process tree with a folder, an environment and a way to end all of it. @throws Error when it cannot be spawned */
export async function startHost(plan: HostPlan): Promise<Host> {
  const child = spawn(
    plan.python,
    ['-I', '-S', plan.reaper, String(plan.stopGraceSeconds), String(process.pid), ...plan.command],
    {
      cwd: plan.folder,
      env: { ...plan.env, HOME: plan.home },
      // A session of its own: a terminal's Ctrl-C must reach the cloud, which decides, and not its machines.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    },
  );
  const lines = createLineSplitter(plan.onLines);
  child.stdout?.on('data', lines.write);
  child.stderr?.on('data', lines.write);
  const pipe = child.stdio[3];
  const closePipes = () => {
    for (const stream of [child.stdout, child.stderr, pipe]) stream?.destroy();
  };
  const report = pipe instanceof Readable ? readAll(pipe) : Promise.resolve('');
  const swept = new Promise<void>((resolve) => {
    // Not at `close`: what a killed wrapper left behind holds the pipes open, and its job would never end.
    child.once('exit', (code) => resolve(code === 0 ? undefined : sweepHost(plan.home).finally(closePipes)));
  });
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
  const ended = closed.then(async () => {
    lines.end();
    await swept;
    return parseReport(await report);
  });
  return { pid: child.pid ?? 0, stop: () => void child.kill('SIGTERM'), kill: () => void child.kill('SIGQUIT'), ended };
}

async function readAll(stream: Readable): Promise<string> {
  let text = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => (text += chunk));
  await new Promise((resolve) => stream.once('close', resolve));
  return text;
}

function parseReport(text: string): HostEnd {
  const [, exitCode, cpuSeconds, killed] = /^(\d+) ([\d.]+) ([01])\n$/.exec(text) ?? [];
  if (exitCode === undefined) return { exitCode: undefined, cpuSeconds: undefined, killed: true };
  return { exitCode: Number(exitCode), cpuSeconds: Number(cpuSeconds), killed: killed === '1' };
}
