import { randomBytes } from 'node:crypto';
import type { Clock } from '../../../time/clock.ts';
import type { LogStore } from '../../contract.ts';

/** What one worker may write before its log is cut: a handler in a loop must not fill the memory of the cloud. */
const mostBytes = 32 * 1024 * 1024;
/** Of a call's log that Invoke hands back when it is asked to. */
const tailBytes = 4096;

/** The log stream of one worker, and the last lines of the call it serves. */
export interface WorkerLog {
  readonly group: string;
  readonly stream: string;
  write(lines: readonly string[]): void;
  /** From here on the lines belong to a new call. */
  startCall(): void;
  /** The last 4 KiB of the call's lines. */
  tail(): Buffer;
}

export function createWorkerLog(logs: LogStore, clock: Clock, functionName: string, version: string): WorkerLog {
  const group = `/aws/lambda/${functionName}`;
  const day = clock.now().toISOString().slice(0, 10).replaceAll('-', '/');
  const stream = `${day}/[${version}]${randomBytes(16).toString('hex')}`;
  let written = 0;
  let call: string[] = [];
  let callBytes = 0;

  const append = (lines: readonly string[]) => {
    const at = clock.now();
    logs.append(
      group,
      stream,
      lines.map((message) => ({ at, message })),
    );
  };
  const remember = (line: string) => {
    call.push(line);
    callBytes += Buffer.byteLength(line) + 1;
    while (callBytes > tailBytes && call.length > 1) callBytes -= Buffer.byteLength(call.shift() ?? '') + 1;
  };
  return {
    group,
    stream,
    write: (lines) => {
      lines.forEach(remember);
      if (written > mostBytes) return;
      written += lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0);
      append(lines);
      if (written > mostBytes) append(['[local cloud] this worker has written 32 MiB; its log ends here, the function goes on']);
    },
    startCall: () => {
      call = [];
      callBytes = 0;
    },
    tail: () => {
      const bytes = Buffer.from(call.map((line) => `${line}\n`).join(''));
      return bytes.subarray(Math.max(0, bytes.length - tailBytes));
    },
  };
}
