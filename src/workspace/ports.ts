/** The user's checkout: code and data folders, read-only. */
export interface Workspace {
  /**
   * Packs a folder reproducibly (sorted, no times, no owners) into a tar.gz below the runner's temp folder.
   * `hash` is over names, modes and bytes, not over the archive. Follows no link out of the folder.
   */
  pack(directory: string): Promise<{ archive: string; hash: string; files: number; bytes: number }>;
  /** The files of a folder with sizes and SHA-256, sorted by path; paths use `/`. */
  manifest(directory: string): Promise<{ path: string; file: string; bytes: number; sha256: string }[]>;
}
