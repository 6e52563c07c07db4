import { ActionError } from '../action-error.ts';
import type { DataSource } from '../spec/spec.ts';
import { openSource, type Opened } from './open-source.ts';
import { formatManifest, hashRows, type Row, sortRows, type SourceState } from './manifest.ts';
import { fillFrom } from './fill.ts';
import { partBytes } from './limits.ts';
import { createHash } from 'node:crypto';
import type { StageDeps } from './ports.ts';
import { createProgress, formatBytes, formatFiles } from './progress.ts';
import { parseTarget, type Target } from './target.ts';
import { agrees, readThere, type There } from './there.ts';
import { createWriter, type Writer } from './writer.ts';
import { formatSeconds } from '../time/duration.ts';

export interface StageRequest {
  /** What the log calls it, e.g. `data.training`. */
  readonly name: string;
  readonly from: DataSource;
  readonly to: string;
  /** Removes objects below `to` that the source does not have. */
  readonly delete: boolean;
  readonly dryRun: boolean;
}

export interface Staged {
  /** s3:// prefix with a slash at its end. */
  readonly uri: string;
  /** Files of the source. */
  readonly files: number;
  readonly written: number;
  /** Bytes that were written. */
  readonly bytes: number;
  readonly removed: number;
  /** Over names, sizes and contents of everything below `uri`; undefined in a dry run that would have to read to know. */
  readonly hash: string | undefined;
}

/**
 * Brings data into S3: what is there already stays, what is new or changed is written and verified, and a manifest beside the data says
 * what was staged. After a cancel or a failure no manifest is written, and the next call goes on from what is there.
 * @throws ActionError
 */
export async function stage(request: StageRequest, deps: StageDeps): Promise<Staged> {
  const target = parseTarget(request.to);
  const started = deps.clock.now().getTime();
  const seconds = () => formatSeconds((deps.clock.now().getTime() - started) / 1000);
  const [there, source] = await both(readThere(target, deps), openSource(request, target, deps));
  try {
    const unchanged = findUnchanged(request, target, there, source.state);
    if (unchanged) {
      const { name } = request;
      deps.log.info(`${name}: nothing has changed: ${formatFiles(unchanged.files)} at ${target.uri} (${seconds()}).`);
      return unchanged;
    }
    return await carryOut(request, { target, there, source, seconds }, deps);
  } finally {
    await source.close();
  }
}

/** Both, so that an open source is closed when the other fails. */
async function both(reading: Promise<There>, opening: Promise<Opened>): Promise<[There, Opened]> {
  const [there, source] = await Promise.allSettled([reading, opening]);
  if (there.status === 'fulfilled' && source.status === 'fulfilled') return [there.value, source.value];
  if (source.status === 'fulfilled') await source.value.close();
  throw there.status === 'rejected' ? there.reason : source.status === 'rejected' ? source.reason : new Error('Neither failed.');
}

const isBeside = ({ origin }: Row) => origin === 'beside';

/** The source is the one of the manifest, and so is what lies in S3: there is nothing to look at more closely. */
function findUnchanged(request: StageRequest, { uri }: Target, there: There, state: SourceState | undefined): Staged | undefined {
  const known = there.manifest?.source;
  const same = state && known && state.etag === known.etag && state.lastModified === known.lastModified;
  if (!same || state.address !== known.address || state.bytes !== known.bytes || !agrees(there)) return undefined;
  const rows = sortRows(there.manifest?.rows.values() ?? []);
  const beside = rows.filter(isBeside).length;
  if (request.delete && beside > 0) return undefined;
  return { uri, files: rows.length - beside, written: 0, bytes: 0, removed: 0, hash: hashRows(rows) };
}

interface Work {
  readonly target: Target;
  readonly there: There;
  readonly source: Opened;
  readonly seconds: () => string;
}

async function carryOut(request: StageRequest, { target, there, source, seconds }: Work, deps: StageDeps): Promise<Staged> {
  const { name, dryRun } = request;
  const { log, signal } = deps;
  const prepared = await source.prepare();
  const total = prepared.total && `: ${formatFiles(prepared.total.files)}, ${formatBytes(prepared.total.bytes)}`;
  log.info(`${name}: staging ${source.shown} to ${target.uri}${total ?? ''}${dryRun ? ', as a dry run' : ''}.`);
  const progress = createProgress(name, prepared.total, deps);
  const writer = createWriter({ target, there, dryRun, progress }, deps);
  try {
    await prepared.stage(writer, there);
    signal.throwIfAborted();
  } catch (error) {
    throw explainEnd(error, name, target, writer, deps);
  }
  const files = writer.rows.size;
  const rows = new Map(writer.rows);
  const removed = await dealWithRest(request, target, there, rows, deps);
  const sorted = sortRows(rows.values());
  const hash = sorted.some(({ content }) => content === '') ? undefined : hashRows(sorted);
  const text = formatManifest(source.state, sorted);
  const known = there.manifest && formatManifest(there.manifest.source, sortRows(there.manifest.rows.values()));
  if (!dryRun && text !== known) await writeManifest(target, text, deps);
  const [would, gone] = dryRun ? ['would be written', 'would be removed'] : ['written', 'removed'];
  const parts = [
    `${formatFiles(writer.written)} (${formatBytes(writer.writtenBytes)}) ${would}`,
    `${(files - writer.written).toLocaleString('en-US')} unchanged`,
    ...(removed > 0 ? [`${removed.toLocaleString('en-US')} ${gone}`] : []),
  ];
  log.info(`${name}: ${parts.join(', ')} in ${seconds()}.`);
  return { uri: target.uri, files, written: writer.written, bytes: writer.writtenBytes, removed, hash };
}

/** Objects that the source does not have: removed when that was asked for, else part of what a training job will read. */
async function dealWithRest(
  request: StageRequest,
  target: Target,
  there: There,
  rows: Map<string, Row>,
  { store, log }: StageDeps,
): Promise<number> {
  const rest = [...there.objects].filter(([path]) => !rows.has(path));
  if (rest.length === 0) return 0;
  if (request.delete) {
    if (!request.dryRun) await store.remove(rest.map(([, { uri }]) => uri));
    return rest.length;
  }
  const shown = rest.slice(0, 3).map(([path]) => JSON.stringify(path));
  const more = rest.length > shown.length ? ' and others' : '';
  log.warning(
    `${request.name}: ${formatFiles(rest.length)} below ${target.uri} that the source does not have: ${shown.join(', ')}${more}. Training reads them, too; stage with delete: true to remove them.`,
  );
  for (const [path, { bytes, etag }] of rest) {
    const known = there.manifest?.rows.get(path);
    const content = known?.etag === etag ? known.content : `etag:${etag}`;
    rows.set(path, { path, bytes, content, etag, origin: 'beside' });
  }
  return 0;
}

async function writeManifest({ manifestUri }: Target, text: string, { store, signal }: StageDeps): Promise<void> {
  const data = Buffer.from(text);
  if (data.length <= partBytes) {
    const sha256 = createHash('sha256').update(data).digest();
    await store.put(manifestUri, data, { sha256, origin: '', signal });
    return;
  }
  const chunks = async function* () {
    yield data;
  };
  await store.upload(manifestUri, fillFrom(chunks()), { bytes: data.length, origin: '', signal, onPart: () => undefined });
}

/** How far it came is part of every bad end: the next attempt goes on from there. */
function explainEnd(error: unknown, name: string, target: Target, writer: Writer, { signal, log }: StageDeps): unknown {
  const done = `${formatFiles(writer.written)} (${formatBytes(writer.writtenBytes)})`;
  if (signal.aborted) {
    return new ActionError({
      kind: 'stopped',
      message: `${name}: the staging was cancelled after ${done} had been written to ${target.uri}.`,
      fix: 'Re-run the job: it leaves out what is there.',
      cause: error,
    });
  }
  if (writer.written > 0)
    log.info(`${name}: ${done} had been written to ${target.uri} before; they stay, and the next run leaves them out.`);
  if (!(error instanceof ActionError) || error.kind !== 'permission') return error;
  return new ActionError({
    kind: 'permission',
    message: error.message,
    fix: `Stage this data from the default branch, whose role may write it, or give this role s3:PutObject on ${target.uri}* (DataPrefix of infra/bootstrap.yml).`,
    cause: error,
  });
}
