import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const help = `trainyard <command>

  rehearse   run the repository's workflow on this machine, against a local cloud: no account, no cost
  cloud      start the local cloud and print how to reach it

  --help     this text, or a command's own
  --version  the version

`;

/**
 * The command line.
 * @param args without node and the script
 * @param root folder of this product
 * @returns the exit code: 2 for a command or an option that does not exist
 */
export async function main(args: readonly string[], root: string): Promise<number> {
  const [command, ...rest] = args;
  switch (command) {
    case 'rehearse':
      return (await import('./rehearse/command.ts')).rehearseCommand(rest, root);
    case 'cloud':
      return (await import('./cloud.ts')).cloudCommand(rest);
    case '--version':
      process.stdout.write(`${readVersion(root)}\n`);
      return 0;
    case '--help':
    case '-h':
      process.stdout.write(help);
      return 0;
    case undefined:
      process.stderr.write(help);
      return 2;
    default:
      process.stderr.write(`There is no command ${JSON.stringify(command)}.\n\n${help}`);
      return 2;
  }
}

function readVersion(root: string): string {
  const description: unknown = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  return typeof description === 'object' && description !== null && 'version' in description
    ? String(description.version)
    : 'unknown';
}
