/** Writes everything that is generated from one source. With --check it writes nothing, lists what differs and fails. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

interface Generated {
  /** Relative to the repository. */
  path: string;
  text: string;
}

const root = join(import.meta.dirname, '..');
const folder = join(import.meta.dirname, 'generate');

const args = process.argv.slice(2);
const wrong = args.filter((argument) => argument !== '--check');
if (wrong.length > 0) {
  console.error(`There is no argument ${wrong.join(' ')}; there is --check.`);
  process.exit(2);
}

const names = (await readdir(folder)).filter((name) => name.endsWith('.ts')).toSorted();
const different: string[] = [];
for (const name of names) {
  const module: unknown = await import(pathToFileURL(join(folder, name)).href);
  // Files beside the generators that only help them have no generate().
  if (!isGenerator(module)) continue;
  for (const { path, text } of await module.generate()) {
    const file = join(root, path);
    const present = await readFile(file, 'utf8').catch(() => undefined);
    if (present === text) continue;
    different.push(path);
    if (args.includes('--check')) continue;
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
}

if (args.includes('--check') && different.length > 0) {
  console.error(`These files are not what \`npm run generate\` writes:\n${different.map((path) => `  ${path}`).join('\n')}`);
  process.exitCode = 1;
} else {
  for (const path of different) console.log(`wrote ${path}`);
}

function isGenerator(module: unknown): module is { generate: () => Promise<Generated[]> } {
  return typeof module === 'object' && module !== null && 'generate' in module && typeof module.generate === 'function';
}
