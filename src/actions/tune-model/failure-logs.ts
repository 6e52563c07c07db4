import type { TuningRecord } from '../../records/tuning-record.ts';
import type { EndDeps } from './deps.ts';
import { readTrialLog } from './trial-logs.ts';

/** Trials mostly fail alike: the last lines of the first ones tell enough. */
const mostShown = 3;
const shownLines = 15;

/** Shows the last log lines of the first trials that fail, each once. */
export function createFailureLogs(
  hosts: number,
  metrics: Readonly<Record<string, string>>,
  deps: Pick<EndDeps, 'logs' | 'log' | 'clock'>,
): (trials: TuningRecord['trials']) => Promise<void> {
  const shown = new Set<string>();
  return async (trials) => {
    for (const { name, status } of trials) {
      if (status !== 'failed' || shown.has(name) || shown.size >= mostShown) continue;
      shown.add(name);
      const { tail } = await readTrialLog(name, hosts, metrics, deps);
      if (tail.length === 0) deps.log.info(`tune: ${name} failed and wrote no log.`);
      else deps.log.untrusted(`tune: last log lines of ${name}, which failed`, tail.slice(-shownLines));
    }
  };
}
