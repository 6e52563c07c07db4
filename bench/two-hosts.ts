/**
 * Does a second host pay? Trains the digits example on one host and on two, as real processes, in pairs one after the other so
 * that both see the same machine, and prints each pair and the median ratio. It judges nothing: times differ between machines.
 *
 *   node bench/two-hosts.ts [pairs]     3 without an argument; leave the machine alone meanwhile
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';

const digits = join(import.meta.dirname, '../training/digits');
const limitMs = 300_000;

/** Seconds until every host has ended well. Hosts live at 127.0.0.2 and up, as in the local cloud. */
async function train(hostCount: number): Promise<number> {
  const hosts = Array.from({ length: hostCount }, (_, index) => `127.0.0.${index + 2}`);
  const folder = mkdtempSync(join(tmpdir(), 'trainyard-bench-'));
  const started = performance.now();
  const running = hosts.map((host) => startHost(hosts, host, folder));
  try {
    await Promise.all(running.map((host) => host.ended));
    return (performance.now() - started) / 1000;
  } finally {
    for (const host of running) host.kill();
    await Promise.allSettled(running.map((host) => host.ended));
    rmSync(folder, { recursive: true, force: true });
  }
}

function startHost(hosts: string[], host: string, folder: string) {
  const child = spawn('python3', ['-B', join(digits, 'train.py'), '--epochs', '28'], {
    stdio: ['ignore', 'ignore', 'inherit'],
    timeout: limitMs,
    killSignal: 'SIGKILL',
    env: {
      ...process.env,
      SM_HOSTS: JSON.stringify(hosts),
      SM_CURRENT_HOST: host,
      SM_CHANNEL_TRAINING: join(digits, 'data'),
      SM_MODEL_DIR: join(folder, 'model', host),
      SM_CHECKPOINT_DIR: join(folder, 'checkpoints', host),
    },
  });
  return { ended: checkEnd(once(child, 'exit'), host), kill: () => child.kill('SIGKILL') };
}

async function checkEnd(exit: Promise<unknown[]>, host: string): Promise<void> {
  const [code, signal] = await exit;
  if (code !== 0) throw new Error(`host ${host} ended with ${typeof signal === 'string' ? signal : `exit code ${String(code)}`}`);
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const [low, high] = [Math.floor((sorted.length - 1) / 2), Math.ceil((sorted.length - 1) / 2)];
  return ((sorted[low] ?? 0) + (sorted[high] ?? 0)) / 2;
}

const pairs = Number(process.argv[2] ?? 3);
if (!Number.isInteger(pairs) || pairs < 1 || pairs > 50) {
  console.error(`${process.argv[2]} is no number of pairs: 1 to 50.`);
  process.exit(2);
}
if (availableParallelism() < 2) console.log('This machine has one core: two hosts share it, and the ratio says nothing.');

const ratios: number[] = [];
for (let pair = 1; pair <= pairs; pair += 1) {
  const one = await train(1);
  const two = await train(2);
  ratios.push(one / two);
  console.log(
    `pair ${pair}: one host ${one.toFixed(1)} s, two hosts ${two.toFixed(1)} s, ${(one / two).toFixed(2)} times as fast`,
  );
}
console.log(`median of ${pairs}: ${median(ratios).toFixed(2)} times as fast with two hosts`);
