import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { findPython, type Python } from '../../../../src/cloud/machines/find-python.ts';
import { writeReaper } from '../../../../src/cloud/machines/reaper.ts';
import { startHost, type Host } from '../../../../src/cloud/machines/start-host.ts';

// Real processes, on machines that are busy with other things too.
jest.setTimeout(30_000);

let folder: string;
let python: Python;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trainyard-host-'));
  python = await findPython();
  await writeReaper(join(folder, 'reaper.py'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function run(command: readonly string[], stopGraceSeconds = 10): Promise<{ host: Host; lines: string[] }> {
  const lines: string[] = [];
  const host = await startHost({
    python: python.executable,
    reaper: join(folder, 'reaper.py'),
    folder,
    home: join(folder, 'home'),
    command,
    env: { PATH: process.env['PATH'] ?? '', GIVEN: '' },
    stopGraceSeconds,
    onLines: (more) => lines.push(...more),
  });
  return { host, lines };
}

const runScript = (script: string, grace?: number) => run([python.executable, '-u', '-c', script], grace);

/** Polls, at most 5 s. */
async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; !condition(); tries++) {
    if (tries > 250) throw new Error('It did not come about within 5 s.');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** A zombie is as dead as can be seen from outside. */
async function isRunning(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => undefined);
  return stat !== undefined && !/\) [ZX] /.test(stat);
}

/** Leaves a grandchild in a session of its own that ignores SIGTERM, says its process id, and goes on with `then`. */
const strayThen = (then: string) => `
import os, signal, sys, time
read, write = os.pipe()
if os.fork() == 0:
    os.setsid()
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if os.fork() == 0:
        os.write(write, str(os.getpid()).encode())
        time.sleep(300)
    os._exit(0)
print(os.read(read, 20).decode())
${then}`;

describe('a host ends as its command does', () => {
  test.each([
    ['success', 'pass', 0],
    ['an exit code', 'import sys; sys.exit(3)', 3],
    ['a signal', 'import os, signal; os.kill(os.getpid(), signal.SIGKILL)', 137],
  ])('%s', async (_, script, exitCode) => {
    const { host } = await runScript(script);
    expect(await host.ended).toMatchObject({ exitCode, killed: false });
  });

  test('a command that is not there is exit code 127 with a line that says so', async () => {
    const { host, lines } = await run(['no-such-program', 'x']);
    expect(await host.ended).toMatchObject({ exitCode: 127 });
    expect(lines).toEqual(['cannot start no-such-program: No such file or directory']);
  });

  test('standard output and error keep the order in which they were written', async () => {
    const { host, lines } = await runScript('import sys\nfor n in range(50): print(n, file=sys.stderr if n % 2 else sys.stdout)');
    await host.ended;
    expect(lines).toEqual(Array.from({ length: 50 }, (_, n) => String(n)));
  });

  test('its environment is what was given, and nothing of ours', async () => {
    // LC_CTYPE is Python's own doing where no locale is given.
    const { host, lines } = await runScript('import os; print(sorted({*os.environ} - {"LC_CTYPE"}))');
    await host.ended;
    expect(lines).toEqual(["['GIVEN', 'HOME', 'PATH']"]);
  });

  test('CPU of children that left the session is counted', async () => {
    const burn = 'while time.process_time() < 0.4: pass';
    const { host } = await runScript(`
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        ${burn}
        open("burnt", "w").close()
    os._exit(0)
while not os.path.exists("burnt"): time.sleep(0.01)
`);
    const { cpuSeconds } = await host.ended;
    expect(cpuSeconds).toBeGreaterThanOrEqual(0.4);
    expect(cpuSeconds).toBeLessThan(1.5);
  });
});

describe('nothing is left', () => {
  test('when the command ends, what it left behind is killed', async () => {
    const { host, lines } = await runScript(strayThen('sys.exit(0)'));
    expect(await host.ended).toMatchObject({ exitCode: 0, killed: false });
    expect(await isRunning(Number(lines[0]))).toBe(false);
  });

  test('stop lets the command end by itself', async () => {
    const { host, lines } = await runScript(`
import signal, sys, time
def end(*_): print("saved"); sys.exit(0)
signal.signal(signal.SIGTERM, end)
print("up"); time.sleep(300)`);
    await until(() => lines.includes('up'));
    host.stop();
    expect(await host.ended).toMatchObject({ exitCode: 0, killed: false });
    expect(lines).toEqual(['up', 'saved']);
  });

  test('after the grace everything is killed, also what fled and what ignores the signal', async () => {
    const { host, lines } = await runScript(
      strayThen('signal.signal(signal.SIGTERM, signal.SIG_IGN); print("up"); time.sleep(300)'),
      0.2,
    );
    await until(() => lines.includes('up'));
    host.stop();
    expect(await host.ended).toMatchObject({ exitCode: 137, killed: true });
    expect(await isRunning(Number(lines[0]))).toBe(false);
  });

  test('kill waits for no grace', async () => {
    const { host, lines } = await runScript(
      'import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print("up"); time.sleep(300)',
      300,
    );
    await until(() => lines.includes('up'));
    host.stop();
    host.kill();
    expect(await host.ended).toMatchObject({ exitCode: 137, killed: true });
  });

  test('when a script kills the wrapper it runs under, so is all of it', async () => {
    const { host, lines } = await runScript(strayThen('os.kill(os.getppid(), signal.SIGKILL); time.sleep(300)'));
    expect(await host.ended).toEqual({ exitCode: undefined, cpuSeconds: undefined, killed: true });
    expect(await isRunning(Number(lines[0]))).toBe(false);
  });

  test('when the process that started it is killed, so is all of it', async () => {
    const pidFile = join(folder, 'stray.pid');
    const script =
      strayThen(`open(${JSON.stringify(`${pidFile}.part`)}, "w").write("%d %s" % (os.getppid(), os.getpid())); os.rename(${JSON.stringify(`${pidFile}.part`)}, ${JSON.stringify(pidFile)})
signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(300)`);
    const room = new URL('../../../../src/cloud/machines/', import.meta.url).pathname;
    const starter = join(folder, 'starter.mts');
    const plan = {
      python: python.executable,
      reaper: join(folder, 'reaper.py'),
      folder,
      home: join(folder, 'home'),
      env: {},
      stopGraceSeconds: 300,
    };
    await writeFile(
      starter,
      `import { startHost } from ${JSON.stringify(`${room}start-host.ts`)};
await startHost({ ...${JSON.stringify({ ...plan, command: [python.executable, '-c', script] })}, onLines: () => {} });`,
    );
    const parent = spawn(process.execPath, ['--no-warnings', starter], { stdio: 'ignore' });
    await until(() => existsSync(pidFile));
    parent.kill('SIGKILL');
    const pids = (await readFile(pidFile, 'utf8')).split(' ').map(Number);
    expect(pids).toHaveLength(2);
    let left: number[] = pids;
    for (let tries = 0; left.length > 0 && tries < 250; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      const alive = await Promise.all(left.map(isRunning));
      left = left.filter((_, index) => alive[index]);
    }
    expect(left).toEqual([]);
  });
});
