import { throwProblems } from '../../action-error.ts';
import { getArchiveKind } from '../archive/kind.ts';
import { readTar } from '../archive/tar-read.ts';
import { readZipDirectory } from '../archive/zip-directory.ts';
import { copyToDisk } from '../download/local-copy.ts';
import { openRemote, type RandomAccess, type RemoteFile } from '../download/remote-file.ts';
import type { Opened, Prepared } from '../open-source.ts';
import { createPathCheck, type PathCheck } from '../paths.ts';
import type { StageDeps } from '../ports.ts';
import { createProgress, formatBytes, formatFiles } from '../progress.ts';
import type { Target } from '../target.ts';
import { stageTar } from './tar.ts';
import { stageZip } from './zip.ts';

interface About {
  readonly name: string;
  readonly target: Target;
  readonly dryRun: boolean;
}

/** An archive behind an https address. */
export async function openArchive(url: string, about: About, deps: StageDeps): Promise<Opened> {
  if (deps.downloadUrl !== undefined)
    deps.log.info(`${about.name}: TRAINYARD_DOWNLOAD_URL is set, so ${deps.downloadUrl} is asked instead.`);
  const file = await openRemote(url, deps);
  const { shown, etag, lastModified, bytes } = file;
  const closing: (() => Promise<void>)[] = [async () => file.close()];
  const known = (etag !== '' || lastModified !== '') && bytes !== undefined;
  return {
    shown,
    state: known ? { address: shown, etag, lastModified, bytes } : undefined,
    prepare: () => prepareArchive(file, about, deps, closing),
    close: async () => {
      for (const close of closing) await close();
    },
  };
}

async function prepareArchive(
  file: RemoteFile,
  about: About,
  deps: StageDeps,
  closing: (() => Promise<void>)[],
): Promise<Prepared> {
  const kind = getArchiveKind(file);
  const check = createPathCheck(about.target, file.shown);
  if (kind !== 'zip') {
    return {
      total: undefined,
      stage: async (writer) => {
        const files = readTar(file, kind === 'tar.gz', check);
        await stageTar(files, file.shown, deps.temp, writer);
        refuseUnsafe(check, file.shown);
      },
    };
  }
  const archive = await openZip(file, about, deps, closing);
  const { files, leftOut } = await readZipDirectory(archive, file.shown, check);
  refuseUnsafe(check, file.shown);
  if (leftOut > 0) deps.log.info(`${about.name}: left out ${formatFiles(leftOut)} that macOS had added (__MACOSX, .DS_Store).`);
  const bytes = files.reduce((sum, each) => sum + each.bytes, 0);
  return { total: { files: files.length, bytes }, stage: (writer) => stageZip(archive, file.shown, files, about.dryRun, writer) };
}

/** A zip archive is read from its end; where the server gives no parts, a copy on the disk is. */
async function openZip(file: RemoteFile, about: About, deps: StageDeps, closing: (() => Promise<void>)[]): Promise<RandomAccess> {
  const { bytes } = file;
  if (file.ranges && bytes !== undefined) return { bytes, stream: (start, end) => file.stream(start, end) };
  const size = bytes === undefined ? '' : ` of ${formatBytes(bytes)}`;
  deps.log.info(
    `${about.name}: the server gives no parts of ${file.shown}, so a copy${size} is made on this machine's disk first.`,
  );
  const progress = createProgress(about.name, bytes === undefined ? undefined : { files: 1, bytes }, deps);
  const copy = await copyToDisk(file, deps.temp, (more) => progress.addBytes(more));
  closing.push(() => copy.remove());
  return copy;
}

function refuseUnsafe(check: PathCheck, shown: string): void {
  const rest = check.count - check.problems.length;
  const more = {
    name: shown,
    message: `${shown} has ${rest} more files that must not be written.`,
    fix: 'Pack the archive anew.',
  };
  throwProblems(rest > 0 ? [...check.problems, more] : check.problems);
}
