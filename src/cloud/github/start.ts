import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Clock } from '../../time/clock.ts';
import type { Gate, Journal, VerifyWebIdentity } from '../contract.ts';
import { createApi } from './api.ts';
import { addDeployment, addStatus } from './deployments.ts';
import { createIdentityProvider, type JobClaims, type SubjectForm } from './oidc.ts';
import {
  addToken,
  type Comment,
  createState,
  type Deployment,
  type DeploymentState,
  type Repository,
  type RunConclusion,
  type Seed,
  type State,
  type Token,
  type WorkflowRun,
} from './state.ts';

export interface GitHubOptions {
  readonly journal: Journal;
  readonly gate: Gate;
  readonly clock: Clock;
  readonly repository: Repository;
  readonly seed?: Seed;
  readonly subjectForm?: SubjectForm;
}

export interface LocalGitHub {
  /** e.g. http://127.0.0.1:4711/api/v3, the form of a GitHub server's API. */
  readonly apiUrl: string;
  readonly serverUrl: string;
  readonly state: State;
  /** A token as a job gets one; it is refused after `revokeToken`. */
  addToken(token: Token): string;
  revokeToken(token: string): void;
  /** ACTIONS_ID_TOKEN_REQUEST_URL and …_TOKEN of a job that has `id-token: write`. */
  allowIdToken(claims: JobClaims): { url: string; token: string };
  readonly verifyWebIdentity: VerifyWebIdentity;
  comments(number: number): readonly Comment[];
  /** Files a deployment as GitHub itself does for a job with an environment; the function it returns sets its state. */
  fileDeployment(of: { sha: string; ref: string; environment: string }): (state: DeploymentState) => void;
  /** Shows a workflow run as going on, a further attempt in place of the one before; the function it returns completes it. */
  startRun(run: Omit<WorkflowRun, 'started' | 'ended' | 'conclusion'>): (conclusion: RunConclusion) => void;
  /** Oldest first. */
  readonly deployments: readonly Deployment[];
  close(): Promise<void>;
}

/** Starts GitHub's REST API and identity provider on a free port of 127.0.0.1. */
export async function startGitHub(options: GitHubOptions): Promise<LocalGitHub> {
  const state = createState(options.repository, options.seed ?? {});
  const identity = createIdentityProvider({ clock: options.clock, subjectForm: options.subjectForm ?? 'names' });
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The local GitHub has no port.');
  const serverUrl = `http://127.0.0.1:${address.port}`;
  const apiUrl = `${serverUrl}/api/v3`;
  const now = () => options.clock.now().toISOString();
  const answer = createApi({ ...options, state, identity, apiUrl, serverUrl });
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    answer(request, response).catch(() => response.destroy());
  });
  return {
    apiUrl,
    serverUrl,
    state,
    addToken: (token) => addToken(state, token),
    revokeToken: (token) => void state.tokens.delete(token),
    allowIdToken: (claims) => ({ url: `${serverUrl}/_oidc/token?api-version=2.0`, token: identity.allow(claims) }),
    verifyWebIdentity: identity.verify,
    comments: (number) => state.comments.filter((comment) => comment.number === number),
    fileDeployment: (of) => {
      const by = { state, now: () => options.clock.now(), token: { login: 'github-actions[bot]', bot: true, permissions: {} } };
      const deployment = addDeployment(by, of);
      return (to) => void addStatus(by, deployment, { state: to });
    },
    startRun: (run) => {
      const running = { ...run, started: now() };
      state.runs.set(run.id, running);
      return (conclusion) => void state.runs.set(run.id, { ...running, ended: now(), conclusion });
    },
    deployments: state.deployments,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
