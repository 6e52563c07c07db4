import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

const root = join(import.meta.dirname, '../../..');

/** The Python folders bring their own tests; here they are run with the `python3` of this machine. */
test.each(['training/launcher/tests', 'training/box/tests', 'training/digits/tests'])(
  'python3 -m unittest: %s',
  (folder) => {
    const { status, stdout, stderr, error } = spawnSync('python3', ['-B', '-m', 'unittest', 'discover', '-s', folder], {
      cwd: root,
      encoding: 'utf8',
      timeout: 180_000,
      killSignal: 'SIGKILL',
    });
    if (status !== 0) throw new Error(`${error?.message ?? `exit code ${status}`}\n${stdout}${stderr}`);
    expect(stderr).toMatch(/Ran [1-9]\d* tests? in .*\n\nOK\n/);
  },
  190_000,
);
