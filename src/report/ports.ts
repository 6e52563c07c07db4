/** The pull request's comments and history, as the report needs them. */
export interface PullRequests {
  /**
   * Brings the one comment that carries `marker` and is ours to this text: updates the first, deletes our duplicates, creates it
   * when there is none. `read-only`: the token may not write (fork, Dependabot).
   * @param keep told the text that is there; true leaves it (`superseded`), because a newer run wrote it
   */
  putComment(
    pullRequest: number,
    marker: string,
    body: string,
    keep?: (existing: string) => boolean,
  ): Promise<{ outcome: 'created' | 'updated' | 'unchanged' | 'superseded' | 'read-only'; url?: string }>;
  /** The open pull request whose head is this commit, if there is one. */
  findByHead(commit: string): Promise<number | undefined>;
  /** The merge base of two commits. */
  mergeBase(base: string, head: string): Promise<{ commit: string } | undefined>;
  /** The commit itself and its first ancestors, newest first. */
  history(commit: string, count: number): Promise<{ commit: string; date: Date }[]>;
}
