import { hashRows, sortRows } from './manifest.ts';
import type { StageDeps, StagingStore } from './ports.ts';
import { parseTarget } from './target.ts';
import { agrees, readThere } from './there.ts';

interface Deps {
  readonly objects: Pick<StagingStore, 'list' | 'openRead'>;
  readonly log: Pick<StageDeps['log'], 'warning'>;
}

/**
 * What lies below a prefix that data is staged to, without looking at the source: the hash that `stage` told, as long as nobody has
 * changed an object since; else one over the objects as they are.
 * @param name what the log calls it, e.g. `data.training`
 * @returns undefined while nothing lies there
 */
export async function findStaged(
  name: string,
  to: string,
  { objects, log }: Deps,
): Promise<{ uri: string; hash: string } | undefined> {
  const target = parseTarget(to);
  const there = await readThere(target, { store: objects, log });
  if (there.objects.size === 0) return undefined;
  const { uri } = target;
  if (there.manifest && agrees(there)) return { uri, hash: hashRows(sortRows(there.manifest.rows.values())) };
  if (there.manifest) {
    log.warning(
      `${name}: the objects below ${uri} are not those that were staged: somebody has changed them, or a staging has not come to its end. They are used as they are.`,
    );
  }
  const rows = [...there.objects].map(([path, { bytes, etag }]) => ({ path, bytes, content: `etag:${etag}`, etag, origin: '' }));
  return { uri, hash: hashRows(sortRows(rows)) };
}
