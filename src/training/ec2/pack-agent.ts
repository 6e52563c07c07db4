import { gzipSync } from 'node:zlib';

/**
 * The agent without what only its readers need, so that it fits into user data: comments and docstrings go, and each step of
 * indentation becomes one space. It goes by whole lines, which the agent is written for; that the program stays the same is tested.
 * @param agent text of training/box/agent.py
 */
export function shortenAgent(agent: string): string {
  return agent
    .replace(/^"""[^]*?"""\n/, '')
    .replaceAll(/^( *)""".*"""$/gm, '$1""')
    .replaceAll(/^ *#.*\n/gm, '')
    .replaceAll(/\n(?: *\n)+/g, '\n')
    .replaceAll(/^(?: {4})+/gm, (indent) => ' '.repeat(indent.length / 4));
}

/** Base64 of the gzip archive of a text: letters, digits, `+`, `/` and `=` only. */
export function pack(text: string): string {
  return gzipSync(text, { level: 9, memLevel: 9 }).toString('base64');
}
