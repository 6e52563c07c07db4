import { gunzipSync } from 'node:zlib';
import { refuse } from './refuse.ts';

const mostBytes = 16_384;

/** The user data of a launch. @throws InvalidParameterValue when it is no base64 or too long */
export function decodeUserData(base64: string): Buffer {
  if (!/^[A-Za-z0-9+/\s]*={0,2}\s*$/.test(base64)) throw refuse('InvalidParameterValue', 'Invalid BASE64 encoding of user data.');
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.length > mostBytes) throw refuse('InvalidParameterValue', `User data is limited to ${mostBytes} bytes`);
  return bytes;
}

/** Programs that would not end the instance but the machine it runs on. */
const dangerous = /(?<![\w.-])\/(?:usr\/)?s?bin\/(?:shutdown|poweroff|halt|reboot|init|telinit)(?![\w-])/;

/**
 * What of user data is executed: a script with the interpreter its first line names, as cloud-init does. A text says why there is none.
 * @throws Error for a script that would end the machine the cloud runs on
 */
export function readScript(userData: Buffer): { interpreter: readonly string[]; script: Buffer } | string {
  const script = userData[0] === 0x1f && userData[1] === 0x8b ? gunzipSync(userData) : userData;
  const text = script.toString('latin1');
  const [, program, argument] = /^#!\s*(\S+)[ \t]*([^\r\n]*)/.exec(text) ?? [];
  if (program === undefined) return 'the user data is no script (its first line has no #!) and is not executed';
  const path = dangerous.exec(text)?.[0];
  if (path !== undefined)
    throw new Error(
      `the user data names ${path}, which would end the machine that the local cloud runs on: name it without its folder`,
    );
  return { interpreter: [program, ...(argument ? [argument] : [])], script };
}
