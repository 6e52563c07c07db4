import { crc32, deflateRawSync, gzipSync } from 'node:zlib';
import { once } from 'node:events';
import { pack } from 'tar-stream';

export interface ZipMember {
  readonly path: string;
  readonly data: Buffer | string;
  readonly stored?: boolean;
  /** What the directory says instead of the truth. */
  readonly says?: { crc32?: number; bytes?: number };
  /** Of Unix, e.g. 0o120777 for a link. */
  readonly mode?: number;
  readonly encrypted?: boolean;
}

/** A zip archive, with lies where they are asked for. */
export function makeZip(members: readonly ZipMember[]): Buffer {
  const bodies: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { path, data, stored = false, says = {}, mode = 0o100644, encrypted = false } of members) {
    const plain = Buffer.from(data);
    const packed = stored ? plain : deflateRawSync(plain);
    const name = Buffer.from(path);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(0x800 | (encrypted ? 1 : 0), 2);
    common.writeUInt16LE(stored ? 0 : 8, 4);
    common.writeUInt32LE(says.crc32 ?? crc32(plain), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(says.bytes ?? plain.length, 18);
    common.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from('504b0304', 'hex'), common, name, packed]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE((mode << 16) >>> 0, 6);
    tail.writeUInt32LE(offset, 10);
    directory.push(Buffer.from('504b01021403', 'hex'), common, tail, name);
    bodies.push(local);
    offset += local.length;
  }
  const entries = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(members.length, 8);
  end.writeUInt16LE(members.length, 10);
  end.writeUInt32LE(entries.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...bodies, entries, end]);
}

export interface TarMember {
  readonly path: string;
  readonly data?: Buffer | string;
  readonly linkTo?: string;
}

export async function makeTar(members: readonly TarMember[], gzipped = true): Promise<Buffer> {
  const archive = pack();
  const chunks: Buffer[] = [];
  archive.on('data', (chunk) => {
    if (Buffer.isBuffer(chunk)) chunks.push(chunk);
  });
  for (const { path, data = '', linkTo } of members) {
    if (linkTo === undefined) archive.entry({ name: path }, Buffer.from(data));
    else archive.entry({ name: path, type: 'symlink', linkname: linkTo });
  }
  archive.finalize();
  await once(archive, 'end');
  return gzipped ? gzipSync(Buffer.concat(chunks)) : Buffer.concat(chunks);
}

/** Bytes that do not compress, the same every time. */
export function noise(bytes: number, seed = 1): Buffer {
  const data = Buffer.alloc(bytes);
  let state = seed;
  for (let at = 0; at < bytes; at += 4) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    data.writeUInt32LE(((state ^ (state >>> 15)) * 2_654_435_761) >>> 0, Math.min(at, bytes - 4));
  }
  return data;
}
