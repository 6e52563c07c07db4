import { randomFillSync } from 'node:crypto';
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** Files that no compression makes smaller, a thousand a folder, as data sets of images have them. */
export function makeFiles(folder: string, count: number, bytes: number): void {
  const block = Buffer.alloc(Math.min(bytes, 1 << 20));
  for (let index = 0; index < count; index += 1) {
    const inner = join(folder, `part-${Math.floor(index / 1000)}`);
    mkdirSync(inner, { recursive: true });
    const path = join(inner, `${String(index).padStart(6, '0')}.bin`);
    randomFillSync(block);
    if (bytes === block.length) writeFileSync(path, block);
    else writeLarge(path, block, bytes);
  }
}

function writeLarge(path: string, block: Buffer, bytes: number): void {
  const file = openSync(path, 'w');
  for (let written = 0; written < bytes; written += block.length) {
    randomFillSync(block);
    writeSync(file, block, 0, Math.min(block.length, bytes - written));
  }
  closeSync(file);
}
