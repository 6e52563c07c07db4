import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { prepareTorch } from '../../../scripts/torch.ts';

const root = join(import.meta.dirname, '../../..');
const folder = 'training/dog-breeds/tests';
const installMs = 700_000;
const testMs = 300_000;

/** As the other Python folders' tests, with a Python that has PyTorch. */
test(
  `python3 -m unittest: ${folder}`,
  () => {
    const python = prepareTorch();
    if (!python) return;
    const { status, stdout, stderr, error } = spawnSync(python, ['-B', '-m', 'unittest', 'discover', '-s', folder], {
      cwd: root,
      encoding: 'utf8',
      timeout: testMs,
      killSignal: 'SIGKILL',
    });
    if (status !== 0) throw new Error(`${error?.message ?? `exit code ${status}`}\n${stdout}${stderr}`);
    expect(stderr).toMatch(/Ran [1-9]\d* tests? in .*\n\nOK\n/);
  },
  installMs + testMs,
);
