import type { Clock } from '../../../time/clock.ts';
import type { Instance } from './instance.ts';

/** As much as EC2 keeps of a console. */
const mostBytes = 64 * 1024;
const mostLines = 4096;

/** Lines that the machine's processes wrote. */
export function writeConsole({ state }: Instance, clock: Clock, lines: readonly string[]): void {
  const at = clock.now();
  state.console.push(...lines.map((text) => ({ at, text: text.slice(0, 4096) })));
  if (state.console.length > mostLines) state.console.splice(0, state.console.length - mostLines);
}

/** A line of the local cloud itself, marked as such. */
export const noteOnConsole = (instance: Instance, clock: Clock, text: string) =>
  writeConsole(instance, clock, [`[local cloud] ${text}`]);

/** The last of what was written before `until`, in base64; undefined when there is nothing. */
export function readConsole({ state }: Instance, until: Date): { at: Date; output: string } | undefined {
  const seen = state.console.filter(({ at }) => at <= until);
  const last = seen.at(-1);
  if (!last) return undefined;
  const bytes = Buffer.from(seen.map(({ text }) => `${text}\r\n`).join(''));
  return { at: last.at, output: bytes.subarray(Math.max(0, bytes.length - mostBytes)).toString('base64') };
}
