/** Where a run comes from. Built from the runner's environment by `runner/`, read by everything that names, prices or reports. */
export interface RunContext {
  readonly repository: { readonly id: string; readonly owner: string; readonly name: string };
  /** e.g. https://github.com, without a slash at the end. */
  readonly serverUrl: string;
  readonly event: string;
  /** The commit that was asked for: the pull request's head, never the merge commit GitHub makes for testing. */
  readonly commit: string;
  /** refs/heads/main, refs/tags/v1, refs/pull/7/merge. */
  readonly ref: string;
  readonly defaultBranch: string;
  readonly actor: string;
  readonly pullRequest?: {
    readonly number: number;
    readonly title: string;
    readonly headRef: string;
    readonly baseRef: string;
    readonly baseCommit: string;
    /** The head branch lives in another repository. */
    readonly fork: boolean;
  };
  readonly workflow: {
    readonly name: string;
    readonly runId: string;
    readonly attempt: number;
    readonly job: string;
    /** GITHUB_ACTION: unique to a step inside its job. */
    readonly step: string;
    /** The `matrix` context as JSON, or "null" outside a matrix. */
    readonly matrix: string;
  };
}

/**
 * Which records a run may write and whose it may trust. Trust comes from the prefix, which a role's policy guards,
 * never from the content.
 */
export type Zone =
  | { readonly kind: 'pull-request'; readonly number: number }
  | { readonly kind: 'main' }
  | { readonly kind: 'release' };

/** Key prefix of a zone inside the bucket, with a slash at the end. */
export function zonePrefix(zone: Zone): string {
  return zone.kind === 'pull-request' ? `trainyard/pr/${zone.number}/` : `trainyard/${zone.kind}/`;
}
