import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Installs the third-party peers of `test/conformance/requirements.txt` into `.venv/`, once per content of that file.
 * In CI a failure is an error; on a user's machine the conformance tests then say what they skipped.
 */
export function prepareVenv(root: string): void {
  const requirements = join(root, 'test/conformance/requirements.txt');
  const venv = join(root, '.venv');
  const stamp = join(venv, 'requirements.sha256');
  const hash = createHash('sha256').update(readFileSync(requirements)).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return;

  rmSync(venv, { recursive: true, force: true });
  const steps: [string, ...string[]][] = [
    ['python3', '-m', 'venv', venv],
    [join(venv, 'bin/pip'), 'install', '--quiet', '--disable-pip-version-check', '--requirement', requirements],
  ];
  for (const [command, ...args] of steps) {
    const { status, error } = spawnSync(command, args, { stdio: 'inherit', timeout: 300_000 });
    if (status === 0) continue;
    rmSync(venv, { recursive: true, force: true });
    const what = `The conformance peers could not be installed (${command}: ${error?.message ?? `exit ${status}`}).`;
    if (process.env['CI']) throw new Error(what);
    console.error(what);
    return;
  }
  writeFileSync(stamp, hash);
}
