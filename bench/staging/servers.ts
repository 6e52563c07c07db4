import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { z } from 'zod';
import type { SinkStats } from '../s3-sink.ts';

export const bucket = 'bench-bucket';

export interface Server {
  readonly url: string;
  /** What a sink has taken since it was asked last; undefined for the local cloud. */
  readonly takeStats: () => Promise<SinkStats | undefined>;
  readonly close: () => Promise<void>;
}

const sinkStats: z.ZodType<SinkStats> = z.object({ objects: z.int(), bytes: z.int(), cpuSeconds: z.number() });
const root = join(import.meta.dirname, '../..');

/** The local cloud, empty, with one bucket; what it holds is removed with it. */
export async function startCloud(): Promise<Server> {
  return start([join(root, 'dist/cli.js'), 'cloud', '--bucket', bucket], () => Promise.resolve(undefined));
}

export async function startSink(): Promise<Server> {
  return start([join(root, 'bench/s3-sink.ts')], async (url) => {
    const answer = await fetch(`${url}/-/stats`);
    return sinkStats.parse(await answer.json());
  });
}

/** Both say their address in a line for a shell, and end with their standard input. */
async function start(args: readonly string[], takeStats: (url: string) => Promise<SinkStats | undefined>): Promise<Server> {
  const child = spawn(process.execPath, [...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  for await (const line of createInterface(child.stdout)) {
    const url = /AWS_ENDPOINT_URL=(\S+)/.exec(line)?.[1];
    if (url === undefined) continue;
    child.stdout.resume();
    const close = async () => {
      child.stdin.end();
      await ended;
    };
    return { url, takeStats: () => takeStats(url), close };
  }
  throw new Error(`${args.join(' ')} ended before it said its address.`);
}
