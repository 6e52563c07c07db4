import type { Clock } from '../../../time/clock.ts';
import type { LogStore } from '../../contract.ts';

export const logGroup = '/aws/sagemaker/TrainingJobs';

/** What one host may write before its log is cut: a script in a loop must not fill the memory of the cloud. */
const mostBytes = 32 * 1024 * 1024;

export interface HostLog {
  /** Lines of the script. */
  write(lines: readonly string[]): void;
  /** A line of the local cloud itself, marked as such. */
  note(text: string): void;
}

/** The stream of one host, `<job>/algo-N-<epoch>`, made with its first line. */
export function createHostLog(logs: LogStore, clock: Clock, jobName: string, label: string): HostLog {
  const stream = `${jobName}/${label}-${Math.floor(clock.now().getTime() / 1000)}`;
  let bytes = 0;
  const append = (lines: readonly string[]) => {
    const at = clock.now();
    logs.append(
      logGroup,
      stream,
      lines.map((message) => ({ at, message })),
    );
  };
  const note = (text: string) => append([`[local cloud] ${text}`]);
  return {
    note,
    write: (lines) => {
      if (bytes > mostBytes) return;
      bytes += lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0);
      append(lines);
      if (bytes > mostBytes) note('this host has written 32 MiB; its log ends here, the script goes on');
    },
  };
}
