import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ActionError } from '../../../src/action-error.ts';
import { writeArchive } from '../../../src/workspace/archive.ts';
import { createWorkspace } from '../../../src/workspace/workspace.ts';

let folder: string;
let root: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'trainyard-workspace-'));
  root = join(folder, 'checkout');
  mkdirSync(root);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(path: string, text: string, mode = 0o644): string {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  chmodSync(file, mode);
  return file;
}
const open = (temp = 'temp') => createWorkspace({ root, temp: join(folder, temp) });
const failure = async (promise: Promise<unknown>): Promise<ActionError> => {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ActionError)) throw new Error(`expected an ActionError, got ${String(error)}`);
  return error;
};

describe('pack', () => {
  test('makes the same archive from the same content, whatever the times and the order of writing', async () => {
    for (const path of ['code/train.py', 'code/lib/net.py']) utimesSync(write(path, path), 1, 1);
    const first = await open('a').pack('code');
    rmSync(join(root, 'code'), { recursive: true });
    for (const path of ['code/lib/net.py', 'code/train.py']) write(path, path);
    const second = await open('b').pack('code');
    expect(second).toMatchObject({ hash: first.hash, files: 2, bytes: 28 });
    expect(readFileSync(second.archive)).toEqual(readFileSync(first.archive));
  });

  test('holds sorted regular files with two modes and no owner', async () => {
    write('code/b.sh', 'b', 0o777);
    write('code/a.py', 'a', 0o600);
    write('code/sub/c.py', 'c');
    const { archive } = await open().pack('code');
    const listing = execFileSync('tar', ['--list', '--verbose', '--numeric-owner', '--utc', '--file', archive], {
      encoding: 'utf8',
    });
    expect(
      listing
        .trim()
        .split('\n')
        .map((line) => line.replaceAll(/\s+/g, ' ')),
    ).toEqual([
      '-rw-r--r-- 0/0 1 1970-01-01 00:00 a.py',
      '-rwxr-xr-x 0/0 1 1970-01-01 00:00 b.sh',
      '-rw-r--r-- 0/0 1 1970-01-01 00:00 sub/c.py',
    ]);
  });

  test.each<[string, () => void]>([
    ['a byte', () => void write('code/train.py', 'y')],
    ['a mode', () => void write('code/train.py', 'x', 0o755)],
    [
      'a name',
      () => {
        rmSync(join(root, 'code/train.py'));
        write('code/main.py', 'x');
      },
    ],
    ['another file', () => void write('code/empty', '')],
  ])('the hash changes with %s', async (_what, change) => {
    write('code/train.py', 'x');
    const before = await open().pack('code');
    change();
    expect((await open().pack('code')).hash).not.toBe(before.hash);
  });

  test('leaves out version control, caches and installed packages, and nothing else', async () => {
    for (const path of ['.git/config', 'a/__pycache__/x.py', 'node_modules/x', '.venv/x', 'a/b.pyc', '.env', 'a/gitignore'])
      write(`code/${path}`, path);
    const manifest = await open().manifest('code');
    expect(manifest.map(({ path }) => path)).toEqual(['.env', 'a/gitignore']);
  });

  test('takes a link inside the folder as the file it names', async () => {
    write('code/real.py', 'x', 0o755);
    symlinkSync('real.py', join(root, 'code/link.py'));
    const manifest = await open().manifest('code');
    expect(manifest.map(({ path, bytes }) => [path, bytes])).toEqual([
      ['link.py', 1],
      ['real.py', 1],
    ]);
    expect(await open().pack('code')).toMatchObject({ files: 2, bytes: 2 });
  });

  test('refuses every bad link at once and leaves no draft behind', async () => {
    write('secret', 's');
    write('code/sub/x.py', 'x');
    write('code/.git/config', 'token');
    symlinkSync('../secret', join(root, 'code/outside'));
    symlinkSync('missing', join(root, 'code/broken'));
    symlinkSync('sub', join(root, 'code/directory'));
    symlinkSync('.git/config', join(root, 'code/ignored'));
    execFileSync('mkfifo', [join(root, 'code/pipe')]);
    const error = await failure(open().pack('code'));
    expect(error).toMatchObject({ kind: 'input', message: expect.stringContaining('The folder "code" cannot be sent') });
    for (const part of [
      'outside is a link that leaves the folder',
      'broken is a link to something that does not exist',
      'directory is a link to something that is not a file',
      'ignored is a link to a file that is left out',
      'pipe is neither a file nor a folder',
    ])
      expect(error.message).toContain(part);
  });

  test.each([
    ['missing', 'does not exist'],
    ['..', 'lies outside the checkout'],
    ['/', 'lies outside the checkout'],
    ['file', 'is a file, not a folder'],
    ['empty', 'has no files'],
    ['escape', 'lies outside the checkout'],
  ])('the folder %s: %s', async (directory, seen) => {
    write('file', '');
    mkdirSync(join(root, 'empty'));
    symlinkSync(folder, join(root, 'escape'));
    const error = await failure(open().pack(directory));
    expect(error.message).toBe(`The folder "${directory}" ${seen}.`);
  });

  test('refuses more than 500 MB and names the largest files', async () => {
    truncateSync(write('code/weights.bin', ''), 600e6); // sparse: no byte is written
    write('code/train.py', 'x');
    const error = await failure(open().pack('code'));
    expect(error.message).toContain('has 600 MB; at most 500 MB are sent as code. Largest: weights.bin (600 MB), train.py');
    expect(() => readdirSync(join(folder, 'temp'))).toThrow('ENOENT');
  });

  test('fails when the disk is full', async () => {
    const file = write('code/big.bin', randomBytes(300_000).toString('hex'));
    const files = [{ path: 'big.bin', file, bytes: 600_000, executable: false }];
    await expect(writeArchive(files, '/dev/full')).rejects.toThrow('ENOSPC');
  });

  test('fails when a file has changed its size since it was found', async () => {
    const file = write('code/log.txt', 'longer');
    const files = [{ path: 'log.txt', file, bytes: 3, executable: false }];
    await expect(writeArchive(files, join(folder, 'x.tar.gz'))).rejects.toThrow('Size mismatch');
  });

  test('the whole checkout may be the code', async () => {
    write('train.py', 'x');
    expect(await open().pack('.')).toMatchObject({ files: 1 });
  });
});

test('manifest hashes each file', async () => {
  write('data/ü b.csv', '1,2\n');
  const [entry] = await open().manifest('data');
  expect(entry).toEqual({
    path: 'ü b.csv',
    file: join(root, 'data/ü b.csv'),
    bytes: 4,
    sha256: createHash('sha256').update('1,2\n').digest('hex'),
  });
});
