import { randomBytes } from 'node:crypto';

/** What the local GitHub knows. Everything is in memory; one repository, as a workflow run sees one. */
export interface State {
  readonly repository: Repository;
  readonly commits: Map<string, Commit>;
  /** Branch name → commit. */
  readonly branches: Map<string, string>;
  /** Tag name → commit. */
  readonly tags: Map<string, string>;
  readonly pulls: Map<number, Pull>;
  readonly comments: Comment[];
  /** Oldest first. */
  readonly deployments: Deployment[];
  /** Names of deployment environments, also of those that only a deployment named. */
  readonly environments: Set<string>;
  readonly tokens: Map<string, Token>;
  /** By their ids. */
  readonly runs: Map<number, WorkflowRun>;
  nextCommentId: number;
}

export interface Repository {
  readonly owner: string;
  readonly name: string;
  readonly id: number;
  readonly ownerId: number;
  readonly defaultBranch: string;
}

export interface Commit {
  readonly sha: string;
  /** First parent first. */
  readonly parents: readonly string[];
  /** ISO 8601. */
  readonly date: string;
  readonly message: string;
}

export interface Pull {
  readonly number: number;
  readonly title: string;
  readonly state: 'open' | 'closed';
  readonly head: { readonly ref: string; readonly sha: string };
  readonly base: { readonly ref: string; readonly sha: string };
  readonly author: string;
  readonly draft: boolean;
  /** The head branch lives in a repository of somebody else. */
  readonly fork: boolean;
}

export interface Comment {
  readonly id: number;
  /** Number of the issue or pull request. */
  readonly number: number;
  readonly author: string;
  readonly bot: boolean;
  readonly created: string;
  updated: string;
  body: string;
}

export interface Deployment {
  readonly id: number;
  readonly sha: string;
  /** Branch, tag or SHA, as it was asked for. */
  readonly ref: string;
  readonly task: string;
  readonly environment: string;
  readonly description: string | null;
  readonly payload: unknown;
  /** It may be gone at any time, as the deployment of a pull request. */
  readonly transient: boolean;
  readonly production: boolean;
  readonly creator: { readonly login: string; readonly bot: boolean };
  readonly created: string;
  updated: string;
  /** Oldest first. */
  readonly statuses: DeploymentStatus[];
}

export const deploymentStates = ['error', 'failure', 'inactive', 'in_progress', 'queued', 'pending', 'success'] as const;
export type DeploymentState = (typeof deploymentStates)[number];

export interface DeploymentStatus {
  readonly id: number;
  readonly state: DeploymentState;
  readonly description: string;
  readonly environment: string;
  readonly logUrl: string;
  readonly environmentUrl: string;
  readonly creator: { readonly login: string; readonly bot: boolean };
  readonly created: string;
}

export interface WorkflowRun {
  readonly id: number;
  /** Of the workflow. */
  readonly name: string;
  /** `.github/workflows/…` */
  readonly path: string;
  readonly event: string;
  readonly headBranch: string;
  readonly headSha: string;
  readonly attempt: number;
  /** ISO 8601. */
  readonly started: string;
  readonly ended?: string;
  /** None while it goes on. */
  readonly conclusion?: RunConclusion;
}

export type RunConclusion = 'success' | 'failure' | 'cancelled' | 'skipped';

type Access = 'none' | 'read' | 'write';

/** Names of a workflow's `permissions`, as far as a route here asks for one. */
export type Scope = 'actions' | 'contents' | 'deployments' | 'issues' | 'metadata' | 'pull-requests';

export interface Token {
  readonly login: string;
  readonly bot: boolean;
  /** A scope that is not named is `none`, as in a workflow; `metadata` can always be read. */
  readonly permissions: Readonly<Partial<Record<string, Access>>>;
}

export interface Seed {
  readonly commits?: readonly Commit[];
  readonly branches?: Readonly<Record<string, string>>;
  readonly tags?: Readonly<Record<string, string>>;
  readonly environments?: readonly string[];
  readonly pulls?: readonly Pull[];
}

export function createState(repository: Repository, seed: Seed): State {
  return {
    repository,
    commits: new Map((seed.commits ?? []).map((commit) => [commit.sha, commit])),
    branches: new Map(Object.entries(seed.branches ?? {})),
    tags: new Map(Object.entries(seed.tags ?? {})),
    pulls: new Map((seed.pulls ?? []).map((pull) => [pull.number, pull])),
    comments: [],
    deployments: [],
    environments: new Set(seed.environments ?? []),
    tokens: new Map(),
    runs: new Map(),
    nextCommentId: 1_000_001,
  };
}

/** Adds a token and returns it, in the form of the token a job gets. */
export function addToken(state: State, token: Token): string {
  const text = `ghs_${randomBytes(18).toString('hex')}`;
  state.tokens.set(text, token);
  return text;
}

/** Whether a token's permissions reach `level` in one of the scopes. */
export function mayAccess(token: Token, scopes: readonly Scope[], level: 'read' | 'write'): boolean {
  return scopes.some((scope) => {
    const access = token.permissions[scope] ?? (scope === 'metadata' ? 'read' : 'none');
    return access === 'write' || access === level;
  });
}
