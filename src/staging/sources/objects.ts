import { ActionError, throwProblems } from '../../action-error.ts';
import type { StoredObject } from '../../records/ports.ts';
import { maxWrites } from '../limits.ts';
import { forEachParallel } from '../pool.ts';
import type { Prepared } from '../open-source.ts';
import { createPathCheck } from '../paths.ts';
import type { StageDeps } from '../ports.ts';
import type { Target } from '../target.ts';
import { findRow, type There } from '../there.ts';
import type { Writer } from '../writer.ts';

interface About {
  readonly target: Target;
  readonly dryRun: boolean;
}

/** Objects below another prefix. @param source s3:// prefix with a slash at its end */
export async function prepareObjects(source: string, about: About, deps: StageDeps): Promise<Prepared> {
  // Keys with a slash at their end are what consoles make to show a folder.
  const listing = (await deps.store.list(source)).filter(({ uri }) => !uri.endsWith('/'));
  if (listing.length === 0) {
    throw new ActionError({
      kind: 'input',
      message: `There is no object below ${source}.`,
      fix: 'Check the prefix, the bucket and that the role of this workflow may list it.',
    });
  }
  const check = createPathCheck(about.target, source);
  const files = new Map(listing.map((object) => [object.uri.slice(source.length), object]));
  for (const path of files.keys()) check.add(path);
  throwProblems(check.problems);
  const bytes = listing.reduce((sum, object) => sum + object.bytes, 0);
  return { total: { files: files.size, bytes }, stage: (writer, there) => copyObjects(files, { ...about, there }, writer, deps) };
}

async function copyObjects(
  files: ReadonlyMap<string, StoredObject>,
  { target, there, dryRun }: About & { there: There },
  writer: Writer,
  { store, signal }: StageDeps,
): Promise<void> {
  await forEachParallel(files, maxWrites, async ([path, from]) => {
    const { bytes } = from;
    const origin = `etag:${from.etag}`;
    writer.progress.addBytes(bytes);
    const row = findRow(there, path);
    const copy = there.objects.get(path);
    if (row?.origin === origin) return writer.note(row, false);
    // A copy of an object in one part has its ETag, unless it is encrypted with a key of KMS.
    if (!row && copy?.etag === from.etag && copy.bytes === bytes) {
      const content = (await store.describe(copy.uri))?.content ?? origin;
      return writer.note({ path, bytes, content, etag: copy.etag, origin }, false);
    }
    signal.throwIfAborted();
    const made = dryRun ? { etag: '' } : await store.copy(from, target.uri + path, signal);
    const content = 'content' in made && made.content !== undefined ? made.content : dryRun ? '' : origin;
    writer.note({ path, bytes, content, etag: made.etag, origin }, true);
  });
}
