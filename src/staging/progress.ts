import type { Clock } from '../time/clock.ts';
import { formatSeconds } from '../time/duration.ts';

const everyMs = 10_000;

/** `820 B`, `30 kB`, `1.2 MB`, `10.4 GB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  const [unit, size]: [string, number] = bytes < 1e6 ? ['kB', 1e3] : bytes < 1e9 ? ['MB', 1e6] : ['GB', 1e9];
  const value = bytes / size;
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${unit}`;
}

/** `1 file`, `10,000 files`. */
export function formatFiles(count: number): string {
  return `${count.toLocaleString('en-US')} ${count === 1 ? 'file' : 'files'}`;
}

export interface Progress {
  /** Bytes of the source that are dealt with. */
  readonly addBytes: (bytes: number) => void;
  readonly addFile: () => void;
}

/**
 * Says every ten seconds how far the work is, how fast it goes and how long it will take.
 * @param total what there is to do; undefined while a source cannot say
 */
export function createProgress(
  name: string,
  total: { files: number; bytes: number } | undefined,
  { log, clock }: { log: { info(line: string): void }; clock: Clock },
): Progress {
  const started = clock.now().getTime();
  let [saidAt, files, bytes] = [started, 0, 0];
  const say = () => {
    const now = clock.now().getTime();
    if (now - saidAt < everyMs) return;
    saidAt = now;
    const perSecond = bytes / ((now - started) / 1000);
    const rate = `${formatBytes(Math.round(perSecond))}/s`;
    if (!total) return log.info(`${name}: ${formatFiles(files)}, ${formatBytes(bytes)}, ${rate}.`);
    const left = perSecond > 0 ? `, about ${formatSeconds((total.bytes - bytes) / perSecond)} left` : '';
    log.info(
      `${name}: ${files.toLocaleString('en-US')} of ${formatFiles(total.files)}, ${formatBytes(bytes)} of ${formatBytes(total.bytes)}, ${rate}${left}.`,
    );
  };
  return {
    addBytes: (more) => {
      bytes += more;
      say();
    },
    addFile: () => {
      files += 1;
      say();
    },
  };
}
