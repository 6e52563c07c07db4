import { readdir, readFile } from 'node:fs/promises';

const tries = 50;

/**
 * Kills what is left of a host whose wrapper was itself killed, by a script that signals its parent for example: whatever has the host's
 * own HOME, which nothing else on the machine has. Children are born while others die, so it looks until it finds none.
 */
export async function sweepHost(home: string): Promise<void> {
  for (let round = 0; round < tries; round++) {
    const left = await findProcessesAtHome(home);
    if (left.length === 0) return;
    for (const pid of left) killQuietly(pid);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function findProcessesAtHome(home: string): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      // Empty for a zombie, unreadable for somebody else's process.
      const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
      return environment.split('\0').includes(`HOME=${home}`) ? [Number(pid)] : [];
    }),
  );
  return found.flat();
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself meanwhile.
  }
}
