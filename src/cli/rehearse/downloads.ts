import { existsSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Spec } from '../../spec/spec.ts';

/** An address that a spec takes data from, and the file of the repository that plays it. */
export interface Download {
  readonly url: URL;
  /** Path from the repository's root; absent where the real address is used. */
  readonly file?: string;
}

const folder = 'rehearsal';

/** Every https address that the specs take data from, each once: played by the file of the same name in `rehearsal/` beside the spec. */
export function listDownloads(root: string, specPath: string, specs: readonly Spec[]): Download[] {
  const sources = specs.flatMap(({ data }) => Object.values(data).map(({ from }) => from));
  const addresses = new Set(sources.flatMap((source) => (source.kind === 'https' ? [source.url] : [])));
  return [...addresses].map((address) => {
    const url = new URL(address);
    const file = join(dirname(specPath), folder, lastSegment(url));
    return isFile(join(root, file)) ? { url, file } : { url };
  });
}

/** Of the path, decoded, and never a way out of the folder. */
function lastSegment({ pathname }: URL): string {
  const [name = ''] = pathname.split('/').slice(-1);
  try {
    return basename(decodeURIComponent(name));
  } catch {
    return name;
  }
}

const isFile = (path: string): boolean => existsSync(path) && statSync(path).isFile();
