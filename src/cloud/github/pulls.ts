import { type GitHubCall, notFound, type Route } from './route.ts';
import type { Pull, State } from './state.ts';

const root = '/repos/{owner}/{repo}';

export const pullRoutes: readonly Route[] = [
  {
    method: 'GET',
    template: root,
    scopes: ['metadata'],
    level: 'read',
    handle: (call) => ({ status: 200, body: showRepository(call.state, call.apiUrl, call.serverUrl) }),
  },
  { method: 'GET', template: `${root}/pulls`, scopes: ['pull-requests'], level: 'read', handle: listPulls },
  { method: 'GET', template: `${root}/pulls/{number}`, scopes: ['pull-requests'], level: 'read', handle: getPull },
  // The token of a workflow belongs to an installation, not to a user.
  { method: 'GET', template: '/user', scopes: [], level: 'read', handle: () => ({ status: 403 }) },
];

function listPulls(call: GitHubCall) {
  const state = call.query.get('state') ?? 'open';
  const head = call.query.get('head');
  const base = call.query.get('base');
  const pulls = [...call.state.pulls.values()].filter(
    (pull) =>
      (state === 'all' || pull.state === state) &&
      (!head || head === `${headOwner(call.state, pull)}:${pull.head.ref}`) &&
      (!base || base === pull.base.ref),
  );
  pulls.sort((a, b) => b.number - a.number);
  return { status: 200, list: pulls.map((pull) => showPull(call, pull)) };
}

function getPull(call: GitHubCall) {
  const pull = call.state.pulls.get(Number(call.params['number']));
  if (!pull) throw notFound();
  return { status: 200, body: showPull(call, pull) };
}

/** A pull request as the API and as the event payload show it. */
export function showPull(call: { state: State; apiUrl: string; serverUrl: string }, pull: Pull) {
  const { owner, name } = call.state.repository;
  const base = showRepository(call.state, call.apiUrl, call.serverUrl);
  const login = headOwner(call.state, pull);
  const head = pull.fork
    ? {
        ...base,
        id: base.id + 1,
        full_name: `${login}/${name}`,
        fork: true,
        owner: { login, id: base.owner.id + 1, type: 'User' },
      }
    : base;
  return {
    id: 5_000_000 + pull.number,
    number: pull.number,
    state: pull.state,
    title: pull.title,
    body: null,
    draft: pull.draft,
    url: `${call.apiUrl}/repos/${owner}/${name}/pulls/${pull.number}`,
    html_url: `${call.serverUrl}/${owner}/${name}/pull/${pull.number}`,
    user: { login: pull.author, id: 1, type: 'User' },
    head: { ref: pull.head.ref, sha: pull.head.sha, label: `${login}:${pull.head.ref}`, repo: head, user: head.owner },
    base: { ref: pull.base.ref, sha: pull.base.sha, label: `${owner}:${pull.base.ref}`, repo: base, user: base.owner },
    labels: [],
  };
}

export function showRepository(state: State, apiUrl: string, serverUrl: string) {
  const { owner, name, id, ownerId, defaultBranch } = state.repository;
  return {
    id,
    name,
    full_name: `${owner}/${name}`,
    private: true,
    fork: false,
    default_branch: defaultBranch,
    owner: { login: owner, id: ownerId, type: 'User' },
    url: `${apiUrl}/repos/${owner}/${name}`,
    html_url: `${serverUrl}/${owner}/${name}`,
  };
}

function headOwner(state: State, pull: Pull): string {
  return pull.fork ? pull.author : state.repository.owner;
}
