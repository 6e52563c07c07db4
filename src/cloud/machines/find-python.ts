import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** The interpreter itself, behind any version manager's shim, and where its user installs packages. */
export interface Python {
  readonly executable: string;
  readonly version: string;
  readonly userBase: string;
}

const question =
  'import json, platform, site, sys; print(json.dumps([sys.executable, platform.python_version(), site.getuserbase()]))';

/** `python3` of PATH. @throws Error that says what to install */
export async function findPython(): Promise<Python> {
  const answer = await promisify(execFile)('python3', ['-c', question], { timeout: 20_000 }).catch((error: unknown) => {
    throw new Error('The local cloud runs training code with python3, and there is none in PATH: install Python 3.8 or newer.', {
      cause: error,
    });
  });
  const [executable, version, userBase] = JSON.parse(answer.stdout) as [string, string, string];
  return { executable, version, userBase };
}
