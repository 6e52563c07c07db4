import { ActionError } from '../action-error.ts';
import { openArchive } from './sources/archive.ts';
import { prepareFolder } from './sources/folder.ts';
import { prepareObjects } from './sources/objects.ts';
import type { SourceState } from './manifest.ts';
import type { StageDeps } from './ports.ts';
import type { StageRequest } from './stage.ts';
import type { Target } from './target.ts';
import type { There } from './there.ts';
import type { Writer } from './writer.ts';

/** A source that is there; nothing of it has been read. */
export interface Opened {
  readonly shown: string;
  /** What tells this state of it from another; undefined where every file is looked at anyway. */
  readonly state: SourceState | undefined;
  /** Looks at what it holds. Throws with all paths that must not be written, where they can be known before. */
  prepare(): Promise<Prepared>;
  close(): Promise<void>;
}

export interface Prepared {
  /** Undefined for a source that tells only at its end. */
  readonly total: { readonly files: number; readonly bytes: number } | undefined;
  stage(writer: Writer, there: There): Promise<void>;
}

const close = (): Promise<void> => Promise.resolve();

export async function openSource(request: StageRequest, target: Target, deps: StageDeps): Promise<Opened> {
  const { from, name, dryRun } = request;
  if (from.kind === 'https') return openArchive(from.url, { name, target, dryRun }, deps);
  if (from.kind === 'folder')
    return { shown: `the folder ${from.path}`, state: undefined, prepare: () => prepareFolder(from.path, target, deps), close };
  const source = `${from.uri.replace(/\/+$/, '')}/`;
  if (source.startsWith(target.uri) || target.uri.startsWith(source)) {
    throw new ActionError({
      kind: 'input',
      message: `${source} and ${target.uri} lie in one another, so data would be copied onto itself.`,
      fix: 'Name two prefixes of which none begins with the other.',
    });
  }
  return { shown: source, state: undefined, prepare: () => prepareObjects(source, { target, dryRun }, deps), close };
}
