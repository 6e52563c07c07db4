/**
 * Runs every test: `npm test`, or `npm test -- unit`, or with jest's own arguments after `--`.
 * Ends with one plain line, "N passed, N failed", whatever ran.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepareVenv } from './venv.ts';

const root = join(import.meta.dirname, '..');
const kinds = ['unit', 'scenarios', 'conformance'];
const asked = process.argv.slice(2).filter((argument) => kinds.includes(argument));
const rest = process.argv.slice(2).filter((argument) => !kinds.includes(argument));
const selected = asked.length > 0 ? asked : kinds;

if (selected.includes('conformance')) prepareVenv(root);

const folder = mkdtempSync(join(tmpdir(), 'trainyard-test-'));
const results = join(folder, 'results.json');
const { status } = spawnSync(
  process.execPath,
  [
    '--experimental-vm-modules',
    '--no-warnings',
    join(root, 'node_modules/jest/bin/jest.js'),
    '--selectProjects',
    ...selected,
    '--json',
    '--outputFile',
    results,
    '--maxWorkers=2',
    ...rest,
  ],
  { cwd: root, stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, NODE_OPTIONS: '' } },
);

let counts = { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, numFailedTestSuites: 0 };
try {
  counts = JSON.parse(readFileSync(results, 'utf8')) as typeof counts;
} catch (error) {
  console.error(`jest left no results: ${String(error)}`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
const failed = Math.max(counts.numFailedTests, counts.numFailedTestSuites > 0 ? 1 : 0);
console.log(`${counts.numPassedTests} passed, ${failed} failed`);
// A test that did not run is not a test that passed.
if (process.env['CI'] && counts.numPendingTests > 0)
  console.error(`${counts.numPendingTests} tests were skipped, which fails in CI.`);
process.exitCode = status !== 0 || counts.numPassedTests === 0 || (process.env['CI'] && counts.numPendingTests > 0) ? 1 : 0;
