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
  const python = await askPython('python3', question);
  if (python) return python;
  throw new Error(
    'The local cloud runs training code with python3, and the one in PATH is missing or broken: install Python 3.8 or newer.',
  );
}

/** Looked for, not imported: an import takes seconds, and what is wrong with an installation the script's own import says best. */
const torchQuestion = `import importlib.util\nif importlib.util.find_spec('torch') is None: raise SystemExit(1)\n${question}`;

/**
 * The first of `commands` that has PyTorch. Debian's packages are for the system's Python, which a version manager hides.
 * @throws Error that says what to install
 */
export async function findTorchPython(commands: readonly string[] = ['python3', '/usr/bin/python3']): Promise<Python> {
  for (const command of commands) {
    const python = await askPython(command, torchQuestion);
    if (python) return python;
  }
  throw new Error(
    `The image needs PyTorch, and neither ${commands.join(' nor ')} on this machine can import torch. ` +
      'Install it: python3 -m pip install torch torchvision, or on Debian and Ubuntu apt-get install python3-torch python3-torchvision.',
  );
}

/** Undefined when it is not there, is broken, or answers no. */
async function askPython(command: string, script: string): Promise<Python | undefined> {
  const answer = await promisify(execFile)(command, ['-c', script], { timeout: 20_000 }).catch(() => undefined);
  if (!answer) return undefined;
  const [executable = '', version = '', userBase = ''] = answer.stdout.split('\n');
  return { executable, version, userBase };
}
