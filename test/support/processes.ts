import { readdirSync, readFileSync } from 'node:fs';

/** Ids and command lines of the live processes whose command line or environment names `folder`. Linux only, like the local cloud. */
export function processesUsing(folder: string): { pid: number; command: string }[] {
  const found: { pid: number; command: string }[] = [];
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    try {
      const state = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.[0];
      if (state === 'Z' || state === 'X') continue;
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      const environment = readFileSync(`/proc/${pid}/environ`, 'utf8');
      if (command.includes(folder) || environment.includes(folder)) found.push({ pid, command: command.replaceAll('\0', ' ') });
    } catch {
      // It ended while we looked.
    }
  }
  return found;
}
