import { readdirSync, readFileSync } from 'node:fs';

/**
 * Ends what a job left behind, as the runner does: every process whose environment carries the job's tracking id, also one that
 * left its group. Returns how many there were. Where there is no /proc, there is nothing to look through.
 */
export function killOrphans(trackingId: string): number {
  let killed = 0;
  for (const pid of processIds()) {
    if (pid === process.pid || !carries(pid, trackingId)) continue;
    try {
      process.kill(pid, 'SIGKILL');
      killed += 1;
    } catch {
      // It ended by itself.
    }
  }
  return killed;
}

function processIds(): number[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}

function carries(pid: number, trackingId: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(`RUNNER_TRACKING_ID=${trackingId}`);
  } catch {
    return false;
  }
}
