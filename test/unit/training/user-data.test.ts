import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { array, assert, constantFrom, dictionary, oneof, property, string } from 'fast-check';
import { ActionError } from '../../../src/action-error.ts';
import type { BoxJob } from '../../../src/training/ec2/box.ts';
import { shortenAgent } from '../../../src/training/ec2/pack-agent.ts';
import { buildUserData, getDeadMansMinutes } from '../../../src/training/ec2/user-data.ts';

const agent = readFileSync(join(import.meta.dirname, '../../../training/box/agent.py'), 'utf8');
/** Says what it was given, and stands for the agent where its work is of no interest. */
const echo = 'import sys\nprint(sys.argv[1].encode().hex())\n';
const hash = '0123456789abcdef'.repeat(4);
const zone = 'trainyard/pr/12/';

const job: BoxJob = {
  schema: 1,
  name: 'dog-breeds-ec2-0123456789-a1',
  region: 'us-east-1',
  bucket: 'my-ml-bucket',
  prefix: `${zone}jobs/dog-breeds-ec2-0123456789-a1/`,
  channels: {
    code: { bucket: 'my-ml-bucket', prefix: `${zone}code/${hash}/` },
    training: { bucket: 'my-ml-bucket', prefix: `${zone}data/${hash}/` },
  },
  entryPoint: 'train.py',
  hyperparameters: { epochs: '5', 'batch-size': '64', 'learning-rate': '0.1' },
  environment: { NCCL_DEBUG: 'INFO' },
  checkpoints: `${zone}checkpoints/dog-breeds-ec2-0123456789/`,
  instanceType: 'g4dn.xlarge',
  vcpus: 4,
  memoryGib: 16,
  maxRuntimeSeconds: 7200,
  stopGraceSeconds: 120,
};

const folder = mkdtempSync(join(tmpdir(), 'user-data-'));
const calls = join(folder, 'calls');

/** A `shutdown` that says what it was asked for, in front of the machine's own. */
beforeAll(() => {
  const path = join(folder, 'shutdown');
  writeFileSync(path, `#!/bin/sh\necho "$*" >> '${calls}'\n`);
  chmodSync(path, 0o755);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(userData: string): { output: string; shutdowns: string[] } {
  rmSync(calls, { force: true });
  const script = join(folder, 'user-data');
  writeFileSync(script, userData);
  const { stdout } = spawnSync('/bin/sh', [script], {
    cwd: folder,
    env: { PATH: `${folder}:${process.env['PATH']}` },
    encoding: 'utf8',
    timeout: 20_000,
    killSignal: 'SIGKILL',
  });
  return { output: stdout, shutdowns: readFileSync(calls, 'utf8').trimEnd().split('\n') };
}

const decode = (output: string): unknown => JSON.parse(Buffer.from(output.trim(), 'hex').toString());

describe('user data', () => {
  const special = array(
    constantFrom("'", '"', '`', '$', '(', ')', '{', ';', '&', '|', '<', '\\', '\n', '\r', '\t', ' ', '\0', '#', '!', '*', '%'),
  );
  const anything = oneof(
    special.map((characters) => characters.join('')),
    string({ unit: 'binary' }),
  );

  test('brings any text of a job to the agent byte for byte, and nothing of it to the shell', () => {
    const names = dictionary(anything, anything, { maxKeys: 8 });
    assert(
      property(names, names, anything, anything, (hyperparameters, environment, entryPoint, prefix) => {
        const given = { ...job, hyperparameters, environment, entryPoint, channels: { code: { bucket: 'b', prefix } } };
        const { output, shutdowns } = run(buildUserData(given, echo));
        expect(decode(output)).toEqual(JSON.parse(JSON.stringify(given)));
        expect(shutdowns).toEqual(['-P +137']);
      }),
      { numRuns: 12, interruptAfterTimeLimit: 30_000 },
    );
  }, 60_000);

  test.each([
    "'; touch evil; '",
    '$(touch evil)',
    '`touch evil`',
    '\n touch evil \n',
    '"; touch evil #',
    "x' || touch evil || '",
  ])('does not run %j', (text) => {
    const given = { ...job, name: text, region: text, bucket: text, entryPoint: text, hyperparameters: { [text]: text } };
    const userData = buildUserData(given, echo);
    expect(decode(run(userData).output)).toEqual(given);
    expect(userData).not.toContain('evil');
    expect(() => readFileSync(join(folder, 'evil'))).toThrow(/ENOENT/);
  });

  test('sets the switch first, and ends the machine when the agent fails or is killed', () => {
    expect(run(buildUserData(job, 'import sys\nsys.exit(1)\n')).shutdowns).toEqual(['-P +137', '-P now']);
    expect(run(buildUserData(job, 'import os\nos.kill(os.getpid(), 9)\n')).shutdowns).toEqual(['-P +137', '-P now']);
    expect(run(buildUserData(job, 'this is no Python\n')).shutdowns).toEqual(['-P +137', '-P now']);
  });

  test.each([
    { maxRuntimeSeconds: 7200, stopGraceSeconds: 120, minutes: 137 },
    { maxRuntimeSeconds: 7201, stopGraceSeconds: 120, minutes: 138 },
    { maxRuntimeSeconds: 1, stopGraceSeconds: 0, minutes: 16 },
  ])('the switch of $maxRuntimeSeconds s and $stopGraceSeconds s is $minutes minutes', ({ minutes, ...limits }) => {
    expect(getDeadMansMinutes(limits)).toBe(minutes);
  });

  test('fits into what EC2 takes, with room for a job', () => {
    expect(buildUserData(job, agent).length).toBeLessThan(15_000);
  });

  test('that is too long names what is long', () => {
    const environment = { LIST: Array.from({ length: 3000 }, (_, index) => (index * 7919).toString(36)).join() };
    const build = () => buildUserData({ ...job, environment }, agent);
    expect(build).toThrow(ActionError);
    expect(build).toThrow(
      /^dog-breeds-ec2-0123456789-a1: .* would have \d+ bytes, and EC2 takes 16384\..*: environment 1\d{4} bytes,/,
    );
  });
});

test('the shortened agent is the same program', () => {
  const compare = String.raw`
import ast, sys

class WithoutDocstrings(ast.NodeTransformer):
    def generic_visit(self, node):
        super().generic_visit(node)
        if isinstance(getattr(node, "body", None), list):
            node.body = [each for each in node.body if not (isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant))]
        return node

one, other = (ast.dump(WithoutDocstrings().visit(ast.parse(text))) for text in sys.stdin.read().split("\0"))
print(one == other, len(one))
`;
  const short = shortenAgent(agent);
  const { stdout } = spawnSync('python3', ['-c', compare], { input: `${agent}\0${short}`, encoding: 'utf8', timeout: 20_000 });
  expect(stdout).toMatch(/^True \d{5,}\n$/);
  expect(short.length).toBeLessThan(agent.length * 0.8);
  expect(short).not.toMatch(/^\s*#|"""/m);
});
