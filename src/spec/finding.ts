import type { Written } from './schema.ts';
import type { Path } from './tree.ts';

/** Something wrong at a path, before it is placed in the file. */
export interface Finding {
  readonly path: Path;
  readonly message: string;
  readonly fix: string;
  /** The paths that cannot be judged any further: the wrong value, or the key a typo meant. */
  readonly spoilt: readonly Path[];
}

/** A value of which any part may be missing: what was wrong is left out, so that the rest can still be checked. */
export type Partially<T> = T extends readonly (infer Item)[]
  ? readonly (Partially<Item> | undefined)[]
  : T extends object
    ? { readonly [Key in keyof T]?: Partially<T[Key]> | undefined }
    : T;

export type View = Partially<Written>;

/** One thing wrong between keys. */
export function finding(path: Path, message: string, fix: string): Finding {
  return { path, message, fix, spoilt: [path] };
}

/** A value of the file inside a sentence: in quotes, short, on one line. */
export function quote(value: string): string {
  return JSON.stringify(value.length > 80 ? `${value.slice(0, 79)}…` : value);
}
