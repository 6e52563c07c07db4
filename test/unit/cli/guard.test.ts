import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from '@jest/globals';
import { startGuard } from '../../../src/cli/rehearse/guard.ts';

test('the guard ends the groups that are still running when its input closes, and no other', async () => {
  const guard = startGuard();
  const [doomed, done] = [1, 2].map(() => spawn('sleep', ['60'], { detached: true, stdio: 'ignore' }));
  const ended = once(doomed!, 'exit');
  for (const child of [doomed, done]) guard.add(child!.pid!);
  guard.remove(done!.pid!);
  guard.close();
  expect(await ended).toEqual([null, 'SIGKILL']);
  expect(done!.exitCode).toBeNull();
  expect(done!.signalCode).toBeNull();
  done!.kill('SIGKILL');
  await once(done!, 'exit');
});
