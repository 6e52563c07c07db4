/**
 * Runs every test: `npm test`, or some kinds of them (`npm test -- unit scenarios`), with jest's own arguments behind
 * (`npm test -- scenarios --testPathPatterns rehearse`). Ends with one plain line, "N passed, N failed", whatever ran.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepareTorch } from './torch.ts';
import { prepareVenv } from './venv.ts';

/** Of jest's results, as far as they are told here. */
interface Results {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
  testResults: { name: string; status: string; message: string; assertionResults: unknown[] }[];
}

const root = join(import.meta.dirname, '..');
const kinds = ['unit', 'scenarios', 'conformance'];
const given = process.argv.slice(2);
const firstOther = given.findIndex((argument) => !kinds.includes(argument));
const asked = firstOther === -1 ? given : given.slice(0, firstOther);
const others = firstOther === -1 ? [] : given.slice(firstOther);
const selected = asked.length > 0 ? asked : kinds;

if (selected.includes('conformance')) prepareVenv(root);
// Before the workers: two of them cannot install at once.
if (selected.includes('unit') || selected.includes('scenarios')) prepareTorch();

const folder = mkdtempSync(join(tmpdir(), 'trainyard-test-'));
const file = join(folder, 'results.json');
const options = ['--selectProjects', ...selected, '--json', '--outputFile', file, '--maxWorkers=2', ...others];
const { status, signal } = spawnSync(
  process.execPath,
  ['--experimental-vm-modules', '--no-warnings', join(root, 'node_modules/jest/bin/jest.js'), ...options],
  {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, NODE_OPTIONS: '', NODE_COMPILE_CACHE: join(folder, 'compiled') },
  },
);
const results = readResults();
rmSync(folder, { recursive: true, force: true });

// A file that could not even be loaded has no test that failed.
const broken = results?.testResults.filter((one) => one.status === 'failed' && one.assertionResults.length === 0) ?? [];
const failed = (results?.numFailedTests ?? 0) + broken.length;
const passed = results?.numPassedTests ?? 0;
const skipped = (results?.numPendingTests ?? 0) + (results?.numTodoTests ?? 0);
if (!results) console.error(`jest left no results (${signal ?? `exit code ${status}`}).`);
if (results && status !== 0 && failed === 0 && passed > 0)
  console.error(`No test failed, and yet jest ended with ${signal ?? `exit code ${status}`}.`);
if (results && passed === 0 && failed === 0) console.error('No test ran.');
// A test that did not run is not a test that passed. Whoever chooses tests by name leaves others out on purpose.
const chosen = others.some((argument) => /^(-t|--testNamePattern)/.test(argument));
const leftOut = skipped > 0 && !chosen;
if (leftOut) console.error(`${skipped} tests were skipped, which counts as a failure.`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = status === 0 && passed > 0 && failed === 0 && !leftOut ? 0 : 1;

function readResults(): Results | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Results;
  } catch {
    return undefined;
  }
}
