import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What a call of `shutdown` asks for; `refused` says why it is not done. */
export type ShutdownRequest =
  | { readonly kind: 'after'; readonly minutes: number }
  | { readonly kind: 'cancel' }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'refused'; readonly why: string };

/** Options that all mean: end the machine. */
const ending = new Set(['-P', '-h', '-H', '--poweroff', '--halt', '--no-wall', '-hP', '-f', '-n']);

/** Reads the arguments of shutdown(8). @param now for a time of the day */
export function parseShutdown(args: readonly string[], now: Date): ShutdownRequest {
  const options = args.filter((argument) => argument.startsWith('-'));
  const time = args.find((argument) => !argument.startsWith('-')) ?? '+1';
  if (options.includes('-c')) return { kind: 'cancel' };
  if (options.includes('-k')) return { kind: 'nothing' };
  const strange = options.filter((option) => !ending.has(option));
  if (strange.length > 0) return { kind: 'refused', why: `the local cloud's instances do not know ${strange.join(' ')}` };
  const minutes = parseTime(time, now);
  return minutes === undefined
    ? { kind: 'refused', why: `Failed to parse time specification: ${time}` }
    : { kind: 'after', minutes };
}

function parseTime(time: string, now: Date): number | undefined {
  if (time === 'now') return 0;
  const relative = /^\+?(\d{1,7})$/.exec(time)?.[1];
  if (relative !== undefined) return Number(relative);
  const [, hours, minutes] = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(time) ?? [];
  if (hours === undefined || minutes === undefined) return undefined;
  const wanted = Number(hours) * 60 + Number(minutes);
  const present = now.getUTCHours() * 60 + now.getUTCMinutes();
  return (wanted - present + 1440) % 1440;
}

/** Path of the request that the command makes of its machine's metadata server. */
export const shutdownPath = '/_machine/shutdown';

const source = (host: string, port: number) => String.raw`import http.client, json, os, sys

link = http.client.HTTPConnection("${host}", ${port}, timeout=30)
arguments = sys.argv[2:] if sys.argv[1] == "shutdown" else ["-P", "now"]
link.request("POST", "${shutdownPath}", json.dumps(arguments), {"content-type": "application/json"})
answer = json.loads(link.getresponse().read())
if answer["text"]:
    print(answer["text"], file=sys.stderr)
sys.exit(answer["code"])
`;

/** Commands of a machine's own that stand in front of this machine's: nothing on it may shut down what it runs on. */
export async function writeShutdownCommands(
  bin: string,
  python: string,
  metadata: { host: string; port: number },
): Promise<void> {
  const script = join(bin, '.shutdown.py');
  await writeFile(script, source(metadata.host, metadata.port));
  for (const name of ['shutdown', 'poweroff', 'halt']) {
    const path = join(bin, name);
    await writeFile(path, `#!/bin/sh\nexec ${quote(python)} -I -S -B ${quote(script)} ${name} "$@"\n`);
    await chmod(path, 0o755);
  }
  for (const name of ['reboot', 'systemctl', 'init', 'telinit']) {
    const path = join(bin, name);
    await writeFile(path, `#!/bin/sh\necho "the local cloud's instances have no ${name}" >&2\nexit 1\n`);
    await chmod(path, 0o755);
  }
}

/** A path of this machine's as one word of the shell. */
const quote = (path: string) => `'${path.replaceAll("'", String.raw`'\''`)}'`;
