/**
 * Builds `dist/`: tsc → lib/, @vercel/ncc bundles each entry with one lazy chunk an action, oxc-minify removes what webpack marked
 * unused and keeps function and class names, so that stack traces stay readable. The function that is shipped to AWS Lambda becomes
 * an archive, dist/lambda.zip. The same sources give the same bytes anywhere.
 *
 *   node scripts/build.ts           writes dist/
 *   node scripts/build.ts --check   builds beside it and fails when a byte of the committed dist/ differs
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { zipSync } from 'fflate';
import { minifySync } from 'oxc-minify';

interface Bundle {
  code: string;
  assets: Record<string, { source: string | Buffer }>;
}
type Ncc = (entry: string, options: Record<string, unknown>) => Promise<Bundle>;

const root = join(import.meta.dirname, '..');
const entries = ['index', 'cli'];

/** @param entry a file below lib/, without its ending @param filename what the bundle's first file is called */
async function bundle(entry: string, filename: string): Promise<Map<string, string | Buffer>> {
  const ncc = createRequire(import.meta.url)('@vercel/ncc') as Ncc;
  const { code, assets } = await ncc(join(root, 'lib', `${entry}.js`), {
    filename,
    cache: false,
    quiet: true,
    target: 'es2022',
    // dist-es instead of dist-cjs: only ES modules can be shaken.
    mainFields: ['module', 'main'],
    license: `licenses-${entry.split('/')[0]}.txt`,
  });
  const files = new Map<string, string | Buffer>([[filename, code]]);
  for (const [name, asset] of Object.entries(assets)) files.set(name, asset.source);
  return files;
}

const isCode = (name: string): boolean => /\.m?js$/.test(name);

function shake(name: string, source: string): string {
  const { code, errors } = minifySync(name, source, {
    module: true,
    compress: { target: 'es2023', keepNames: { function: true, class: true } },
    mangle: { toplevel: true, keepNames: true },
  });
  if (errors.length > 0) throw new Error(`${name}: ${errors.map((error) => error.message).join('; ')}`);
  return code;
}

/** The same bytes on every machine: one time, which ZIP knows without a zone, and the mode of a plain file. */
function zip(name: string, code: string): Uint8Array {
  return zipSync({ [name]: Buffer.from(code) }, { level: 9, mtime: new Date(1980, 0, 1), os: 3, attrs: 0o100644 << 16 });
}

async function build(target: string): Promise<void> {
  rmSync(join(root, 'lib'), { recursive: true, force: true });
  execFileSync(join(root, 'node_modules/.bin/tsc'), ['-p', join(root, 'tsconfig.build.json')], { stdio: 'inherit' });
  rmSync(target, { recursive: true, force: true });
  const write = (name: string, source: string | Uint8Array) => {
    const path = join(target, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, source);
  };
  for (const entry of entries) {
    for (const [name, source] of await bundle(entry, `${entry}.js`)) {
      write(name, isCode(name) ? shake(name, source.toString()) : source);
    }
  }
  for (const [name, source] of await bundle('lambda/index', 'index.mjs')) {
    // Beside it are the SDK's other ways to find credentials, each a chunk of its own: a function has its keys in the environment.
    if (name === 'index.mjs') write('lambda.zip', zip(name, shake(name, source.toString())));
    else if (!isCode(name)) write(name, source);
  }
  writeFileSync(join(target, 'package.json'), '{ "type": "module" }\n');
}

function read(folder: string): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile()) files.set(path.slice(folder.length + 1), readFileSync(path));
  }
  return files;
}

async function check(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'trainyard-dist-'));
  try {
    await build(folder);
    const [built, committed] = [read(folder), read(join(root, 'dist'))];
    const names = [...new Set([...built.keys(), ...committed.keys()])].sort();
    const different = names.filter((name) => !built.get(name)?.equals(committed.get(name) ?? Buffer.from('\0')));
    if (different.length > 0) {
      console.error(`dist/ is not what the sources build: ${different.join(', ')}. Run npm run build and commit dist/.`);
      process.exitCode = 1;
    } else {
      console.log(`dist/ is what the sources build (${names.length} files).`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (process.argv.includes('--check')) await check();
else await build(join(root, 'dist'));
