import { spawnSync } from 'node:child_process';

const candidates = ['python3', '/usr/bin/python3'];
const packages = ['python3-torch', 'python3-torchvision'];
const question = 'import PIL, torch, torchvision';

/**
 * A Python with PyTorch and torchvision. Where there is none, root on Debian or Ubuntu (in CI also whoever may sudo) installs their
 * packages: those are for CPUs, while PyPI's for Linux bring gigabytes of CUDA.
 * @returns undefined where there is none on a user's machine, which is said; in CI that is an error
 */
export function prepareTorch(): string | undefined {
  const python = findTorch() ?? (install() ? findTorch() : undefined);
  if (python) return python;
  const what = `neither ${candidates.join(' nor ')} can ${question}; install them, e.g. with apt-get install ${packages.join(' ')}.`;
  if (process.env['CI']) throw new Error(`PyTorch is missing: ${what}`);
  console.log(`skipped: ${what}`);
  return undefined;
}

function findTorch(): string | undefined {
  return candidates.find((command) => spawnSync(command, ['-c', question], { timeout: 120_000 }).status === 0);
}

function install(): boolean {
  const isRoot = process.getuid?.() === 0;
  if (!isRoot && !process.env['CI']) return false;
  const steps = [
    ['apt-get', 'update', '--quiet'],
    ['apt-get', 'install', '--quiet', '--yes', '--no-install-recommends', ...packages],
  ];
  return steps.every((step) => {
    const [command = '', ...args] = isRoot ? step : ['sudo', '--non-interactive', ...step];
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    const { status, error, stderr } = spawnSync(command, args, { env, encoding: 'utf8', timeout: 300_000 });
    if (status !== 0) console.error(`${step.join(' ')}: ${error?.message ?? `exit code ${status}\n${stderr}`}`);
    return status === 0;
  });
}
