import { existsSync } from 'node:fs';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '../..');

/**
 * A program of the third-party peers in `.venv/`, which `scripts/test.ts` installs. Undefined where they could not be installed,
 * which is said; in CI that is an error instead.
 */
export function findPeer(name: string): string | undefined {
  const path = join(root, '.venv/bin', name);
  if (existsSync(path)) return path;
  if (process.env['CI']) throw new Error(`${path} is missing: run \`npm test -- conformance\`, which installs it.`);
  console.log(`skipped: ${path} is missing; \`npm test -- conformance\` installs it.`);
  return undefined;
}
