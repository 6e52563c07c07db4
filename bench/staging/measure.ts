import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { z } from 'zod';

export interface Command {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** All that the process sees. */
  readonly env: Readonly<Record<string, string>>;
}

const ofFigures = { seconds: z.number(), cpuSeconds: z.number(), peakMb: z.number() };

/** A whole process, from its start to its end, by the kernel's own account. */
export interface Figures {
  readonly seconds: number;
  /** User and system time of the process and of its children. */
  readonly cpuSeconds: number;
  readonly peakMb: number;
}

/** Only a parent learns what its child took, and Node tells of its own alone. */
const wrapper = `import json, os, sys, time
started = time.perf_counter()
pid = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, 2, 1)])
_, status, usage = os.wait4(pid, 0)
print(json.dumps({"seconds": time.perf_counter() - started, "cpuSeconds": usage.ru_utime + usage.ru_stime,
    "peakMb": usage.ru_maxrss / 1024, "exitCode": os.WEXITSTATUS(status) if os.WIFEXITED(status) else -os.WTERMSIG(status)}))`;

const limitMs = 20 * 60_000;

/** @throws Error with what the process said when it did not end well */
export async function measure({ command, args, cwd, env }: Command): Promise<Figures> {
  const child = spawn('python3', ['-c', wrapper, command, ...args], {
    cwd,
    env: { ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: limitMs,
    killSignal: 'SIGKILL',
  });
  const [told, said] = await Promise.all([text(child.stdout), text(child.stderr)]);
  if (told === '')
    throw new Error(`${command} ${args.join(' ')} was ended after ${limitMs / 60_000} minutes:\n${said.slice(-4000)}`);
  const { exitCode, ...figures } = z.object({ exitCode: z.int(), ...ofFigures }).parse(JSON.parse(told));
  if (exitCode !== 0) throw new Error(`${command} ${args.join(' ')} ended with exit code ${exitCode}:\n${said.slice(-4000)}`);
  return figures;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const [low, high] = [Math.floor((sorted.length - 1) / 2), Math.ceil((sorted.length - 1) / 2)];
  return ((sorted[low] ?? 0) + (sorted[high] ?? 0)) / 2;
}
