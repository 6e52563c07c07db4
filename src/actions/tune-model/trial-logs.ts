import type { TuningRecord } from '../../records/tuning-record.ts';
import { followLog } from '../../training/settling/follow-log.ts';
import { drain } from '../../training/settling/settle.ts';
import type { EndDeps } from './deps.ts';

const patienceSeconds = 8;

/** What the log of an ended trial says. */
interface TrialLog {
  readonly curves: TuningRecord['trials'][number]['curves'];
  /** Last lines, oldest first. */
  readonly tail: readonly string[];
}

/** Reads the whole log of a trial that has ended, without showing it. */
export async function readTrialLog(
  name: string,
  hosts: number,
  metrics: Readonly<Record<string, string>>,
  deps: Pick<EndDeps, 'logs' | 'log' | 'clock'>,
): Promise<TrialLog> {
  const silent = { ...deps, log: { ...deps.log, untrusted: () => undefined } };
  const follower = followLog({ label: name, name, hosts }, metrics, silent);
  await drain(follower, patienceSeconds, deps);
  return { curves: follower.curves(), tail: follower.tail() };
}
