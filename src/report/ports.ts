/** The pull request's comments and history, as the report needs them. */
export interface PullRequests {
  /**
   * Brings the one comment that carries `marker` and is ours to this text: updates the first, deletes our duplicates, creates it
   * when there is none. `read-only`: the token may not write (fork, Dependabot).
   */
  putComment(pullRequest: number, marker: string, body: string): Promise<{ outcome: 'created' | 'updated' | 'unchanged' | 'read-only'; url?: string }>;
  /** The open pull request whose head is this commit, if there is one. */
  findByHead(commit: string): Promise<number | undefined>;
  /** The merge base of two commits. */
  mergeBase(base: string, head: string): Promise<{ commit: string } | undefined>;
  /** The commit itself and its first ancestors, newest first. */
  history(commit: string, count: number): Promise<{ commit: string; date: Date }[]>;
}
