import type { RunRecord } from '../../records/record.ts';
import type { Log } from '../../runner/ports.ts';
import type { Clock } from '../../time/clock.ts';
import { createCurves } from '../metrics.ts';
import type { JobLogs, LogLine } from '../ports.ts';

const groupLines = 200;
const groupSeconds = 10;
const tailLines = 40;
const tailLineLength = 500;

/** Follows the logs of all hosts of one job. */
export interface LogFollower {
  /** Reads what is new and shows it once a group is worth it; says how many lines came. */
  poll(): Promise<number>;
  /** Shows what has been read and not yet shown. */
  flush(): void;
  /** Last value of each metric, as text. */
  lastMetrics(): string[];
  curves(): RunRecord['curves'];
  /** Last lines, oldest first, with the host in front when there are several. */
  tail(): string[];
}

export function followLog(
  job: { label: string; name: string; hosts: number },
  metrics: Readonly<Record<string, string>>,
  deps: { logs: JobLogs; log: Log; clock: Clock },
): LogFollower {
  const reader = deps.logs.open(job.name);
  const curves = createCurves(metrics);
  let waiting: string[] = [];
  let tail: string[] = [];
  let shownAt = deps.clock.now().getTime();

  const lineOf = ({ host, text }: LogLine) => (job.hosts > 1 ? `${host} | ${text}` : text);

  function flush(): void {
    if (waiting.length === 0) return;
    const title = [`${job.label}: ${waiting.length} log ${waiting.length === 1 ? 'line' : 'lines'}`, ...curves.last()].join(', ');
    deps.log.untrusted(title, waiting);
    waiting = [];
    shownAt = deps.clock.now().getTime();
  }

  async function poll(): Promise<number> {
    const lines = await reader.next();
    for (const line of lines) {
      // Every host of a synchronous job prints the same metrics: the first one's are the curve.
      if (line.host === 'algo-1') curves.add(line.text);
      waiting.push(lineOf(line));
    }
    tail = [...tail, ...lines.slice(-tailLines).map((line) => lineOf(line).slice(0, tailLineLength))].slice(-tailLines);
    const waited = deps.clock.now().getTime() - shownAt;
    if (waiting.length >= groupLines || waited >= groupSeconds * 1000) flush();
    return lines.length;
  }

  return { poll, flush, lastMetrics: () => curves.last(), curves: () => curves.curves(), tail: () => [...tail] };
}
