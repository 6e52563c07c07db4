import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** The interpreter itself, behind any version manager's shim, and where its user installs packages. */
export interface Python {
  readonly executable: string;
  readonly version: string;
  readonly userBase: string;
}

const question = String.raw`import platform, site, sys; print(sys.executable, platform.python_version(), site.getuserbase(), sep='\n')`;

/** `python3` of PATH. @throws Error that says what to install */
export async function findPython(): Promise<Python> {
  const answer = await promisify(execFile)('python3', ['-c', question], { timeout: 20_000 }).catch((error: unknown) => {
    const what =
      'The local cloud runs training code with python3, and the one in PATH is missing or broken: install Python 3.8 or newer.';
    throw new Error(what, { cause: error });
  });
  const [executable = '', version = '', userBase = ''] = answer.stdout.split('\n');
  return { executable, version, userBase };
}
