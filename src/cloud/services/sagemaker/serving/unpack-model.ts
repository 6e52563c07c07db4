import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, symlink } from 'node:fs/promises';
import { dirname, isAbsolute, join, normalize, resolve, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';

/**
 * Unpacks model.tar.gz. Archives are anybody's: an entry or a link that leads out of the folder is refused, links are made last so that
 * nothing is written through one, and what is neither file, folder nor link is left out. @throws Error that names the entry
 */
export async function unpackModel(archive: string, folder: string): Promise<void> {
  const entries = extract();
  const feeding = pipeline(createReadStream(archive), createGunzip(), entries);
  // Seen below, by whoever reads the entries; here only so that it is never unhandled.
  feeding.catch(() => undefined);
  const links: { target: string; to: string }[] = [];
  for await (const entry of entries) {
    const { name, type, linkname, mode } = entry.header;
    const target = place(folder, name);
    if (type === 'directory') await mkdir(target, { recursive: true });
    else await mkdir(dirname(target), { recursive: true });
    if (type === 'file') await pipeline(entry, createWriteStream(target, { mode: mode | 0o600 }));
    else {
      if (type === 'symlink') links.push({ target, to: checkLink(folder, target, linkname ?? '') });
      entry.resume();
    }
  }
  await feeding;
  for (const { target, to } of links) await symlink(to, target);
}

function place(folder: string, name: string): string {
  const target = join(folder, normalize(name));
  if (target !== folder && !target.startsWith(folder + sep))
    throw new Error(`the archive's entry ${name} leads out of the model's folder`);
  return target.replace(/\/+$/, '');
}

function checkLink(folder: string, target: string, linkname: string): string {
  const leads = resolve(dirname(target), linkname);
  if (isAbsolute(linkname) || !(leads === folder || leads.startsWith(folder + sep)))
    throw new Error(`the archive's link to ${linkname} leads out of the model's folder`);
  return linkname;
}
