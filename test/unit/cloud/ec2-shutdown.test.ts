import { expect, test } from '@jest/globals';
import { parseShutdown } from '../../../src/cloud/services/ec2/shutdown.ts';
import { decodeUserData, readScript } from '../../../src/cloud/services/ec2/user-data.ts';
import { gzipSync } from 'node:zlib';

const now = new Date('2026-11-22T08:30:00Z');

test.each([
  ['-P now', { kind: 'after', minutes: 0 }],
  ['-h +0', { kind: 'after', minutes: 0 }],
  ['-P +27', { kind: 'after', minutes: 27 }],
  ['5 good bye', { kind: 'after', minutes: 5 }],
  ['--poweroff 08:31', { kind: 'after', minutes: 1 }],
  ['08:29', { kind: 'after', minutes: 1439 }],
  ['', { kind: 'after', minutes: 1 }],
  ['-c', { kind: 'cancel' }],
  ['-k now', { kind: 'nothing' }],
  ['-P soon', { kind: 'refused', why: 'Failed to parse time specification: soon' }],
  ['-P 25:00', { kind: 'refused', why: 'Failed to parse time specification: 25:00' }],
  ['-r now', { kind: 'refused', why: "the local cloud's instances do not know -r" }],
])('shutdown %s', (text, wanted) => {
  expect(parseShutdown(text.split(' ').filter(Boolean), now)).toEqual(wanted);
});

const scriptOf = (text: string | Buffer) => readScript(decodeUserData(Buffer.from(text).toString('base64')));

test('user data is executed by the interpreter of its first line, packed or not', () => {
  const text = '#!/bin/sh -eu\necho "$(/usr/bin/env)"';
  const wanted = { interpreter: ['/bin/sh', '-eu'], script: Buffer.from(text) };
  expect(scriptOf(text)).toEqual(wanted);
  expect(scriptOf(gzipSync(text))).toEqual(wanted);
  expect(scriptOf('#! /usr/bin/env python3\n')).toMatchObject({ interpreter: ['/usr/bin/env', 'python3'] });
  expect(scriptOf('echo hi')).toMatch(/no script/);
});

test.each(['/sbin/shutdown -P now', 'sudo /usr/sbin/poweroff', "sh -c '/bin/halt'", 'exec /sbin/init 0'])(
  'what would end this machine is not run: %s',
  (line) => {
    expect(() => scriptOf(`#!/bin/sh\n${line}`)).toThrow(/would end the machine that the local cloud runs on/);
  },
);

test('a name that only contains such a command is none', () => {
  expect(scriptOf('#!/bin/sh\n/opt/sbin/shutdown-later; ./bin/halt; /bin/initialise')).toMatchObject({
    interpreter: ['/bin/sh'],
  });
});
