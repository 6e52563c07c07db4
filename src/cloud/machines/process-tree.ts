import { readdir, readFile } from 'node:fs/promises';

/** A process as one look at /proc shows it. */
export interface ProcessRow {
  readonly pid: number;
  readonly parent: number;
  /** CPU of the process itself. */
  readonly ownTicks: number;
  /** CPU of the children it has waited for. */
  readonly childTicks: number;
}

/** USER_HZ: what the kernel counts CPU in towards programs, on every architecture. */
const ticksPerSecond = 100;

/** One look at all processes of this machine. Those that end meanwhile are left out. */
export async function readProcesses(): Promise<Map<number, ProcessRow>> {
  const names = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const rows = await Promise.all(
    names.map((name) =>
      readFile(`/proc/${name}/stat`, 'latin1').then(
        (text) => parseStat(Number(name), text),
        () => undefined,
      ),
    ),
  );
  return new Map(rows.flatMap((row) => (row ? [[row.pid, row]] : [])));
}

/** A line of /proc/<pid>/stat (proc(5)). The name in parentheses is the process's own choice and may hold anything, so fields count from its end. */
export function parseStat(pid: number, text: string): ProcessRow | undefined {
  const fields = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const [parent, utime, stime, cutime, cstime] = [fields[1], fields[11], fields[12], fields[13], fields[14]];
  if (parent === undefined || utime === undefined || stime === undefined || cutime === undefined || cstime === undefined)
    return undefined;
  return { pid, parent, ownTicks: utime + stime, childTicks: cutime + cstime };
}

/** The process ids below each root, without the root. */
export function findTrees(processes: ReadonlyMap<number, ProcessRow>, roots: readonly number[]): Map<number, number[]> {
  const children = Map.groupBy(processes.values(), (row) => row.parent);
  return new Map(
    roots.map((root) => {
      const found: number[] = [];
      const queue = [root];
      for (let pid = queue.pop(); pid !== undefined; pid = queue.pop()) {
        const below = (children.get(pid) ?? []).map((row) => row.pid);
        found.push(...below);
        queue.push(...below);
      }
      return [root, found];
    }),
  );
}

/** CPU seconds of a wrapper's tree: the living, and the dead through whoever waited for them. The wrapper's own work is not the job's. */
export function sumCpuSeconds(processes: ReadonlyMap<number, ProcessRow>, root: number, tree: readonly number[]): number {
  const rows = tree.flatMap((pid) => processes.get(pid) ?? []);
  const ticks = rows.reduce((sum, row) => sum + row.ownTicks + row.childTicks, processes.get(root)?.childTicks ?? 0);
  return ticks / ticksPerSecond;
}

/** Memory of processes in bytes: shared pages are counted once where the kernel tells (PSS), else for each process (RSS). */
export async function readMemoryBytes(pids: readonly number[]): Promise<number> {
  const sizes = await Promise.all(
    pids.map(
      async (pid) =>
        (await findKilobytes(`/proc/${pid}/smaps_rollup`, 'Pss')) ?? (await findKilobytes(`/proc/${pid}/status`, 'VmRSS')) ?? 0,
    ),
  );
  return sizes.reduce((sum, kilobytes) => sum + kilobytes * 1024, 0);
}

async function findKilobytes(path: string, field: string): Promise<number | undefined> {
  const text = await readFile(path, 'latin1').catch(() => '');
  const found = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(text)?.[1];
  return found === undefined ? undefined : Number(found);
}
