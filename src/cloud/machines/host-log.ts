import type { Clock } from '../../time/clock.ts';
import type { LogStore } from '../contract.ts';

/** What one machine may write before its log is cut: a script in a loop must not fill the memory of the cloud. */
const mostBytes = 32 * 1024 * 1024;

export interface HostLog {
  /** Lines of the code that runs on it. */
  readonly write: (lines: readonly string[]) => void;
  /** A line of the local cloud itself, marked as such. */
  note(text: string): void;
}

/** The log stream of one machine, made with its first line. */
export function createHostLog(logs: LogStore, clock: Clock, group: string, stream: string): HostLog {
  let bytes = 0;
  const append = (lines: readonly string[]) => {
    const at = clock.now();
    logs.append(
      group,
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
      if (bytes > mostBytes) note('this host has written 32 MiB; its log ends here, the code goes on');
    },
  };
}
