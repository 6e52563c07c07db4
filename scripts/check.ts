/** Everything that must hold before a commit, short of the tests. Each step is a command anyone can run alone. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const node = process.execPath;
const tool = (name: string) => join(root, 'node_modules/.bin', name);

const steps: [name: string, command: string, ...args: string[]][] = [
  ['types', tool('tsc'), '-p', 'tsconfig.json'],
  ['lint', tool('oxlint'), '.'],
  ['format', tool('oxfmt'), '--check', 'src', 'test', 'scripts', 'bench'],
  ['dead code', tool('knip')],
  ['generated files', node, 'scripts/generate.ts', '--check'],
  ['dist', node, 'scripts/build.ts', '--check'],
];

const only = process.argv.slice(2);
const unknown = only.filter((name) => !steps.some(([step]) => step === name));
if (unknown.length > 0) {
  console.error(`There is no check ${unknown.join(', ')}; there are: ${steps.map(([step]) => step).join(', ')}.`);
  process.exit(2);
}

let failed = 0;
for (const [name, command, ...args] of steps) {
  if (only.length > 0 && !only.includes(name)) continue;
  const started = performance.now();
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: root, encoding: 'utf8', maxBuffer: 64 << 20 });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${status === 0 ? 'ok  ' : 'FAIL'} ${name} (${seconds} s)`);
  if (status === 0) continue;
  failed += 1;
  console.log(`${stdout}${stderr}`.trimEnd());
}
process.exitCode = failed === 0 ? 0 : 1;
