import { type GitHubCall, GitHubError, notFound, type Route } from './route.ts';
import { showPull } from './pulls.ts';
import type { Commit, State } from './state.ts';

const root = '/repos/{owner}/{repo}';

export const commitRoutes: readonly Route[] = [
  { method: 'GET', template: `${root}/commits`, scopes: ['contents'], level: 'read', handle: listCommits },
  { method: 'GET', template: `${root}/commits/{sha}/pulls`, scopes: ['pull-requests'], level: 'read', handle: listPullsOfCommit },
  { method: 'GET', template: `${root}/commits/{ref+}`, scopes: ['contents'], level: 'read', handle: getCommit },
  { method: 'GET', template: `${root}/compare/{basehead+}`, scopes: ['contents'], level: 'read', handle: compare },
  { method: 'GET', template: `${root}/git/ref/{ref+}`, scopes: ['contents'], level: 'read', handle: getRef },
];

function listCommits(call: GitHubCall) {
  const start = call.query.get('sha') ?? call.state.repository.defaultBranch;
  const commit = findCommit(call.state, start);
  if (!commit) throw notFound();
  const ancestors = [...reach(call.state, commit.sha)].flatMap((sha) => call.state.commits.get(sha) ?? []);
  // Newest first; a stable sort keeps children before their parents when dates are equal.
  ancestors.sort((a, b) => Date.parse(b.date) - Date.parse(a.date));
  return { status: 200, list: ancestors.map((one) => show(call, one)) };
}

function getCommit(call: GitHubCall) {
  const ref = call.params['ref'] ?? '';
  const commit = findCommit(call.state, ref);
  if (!commit) throw new GitHubError(422, `No commit found for SHA: ${ref}`);
  return { status: 200, body: show(call, commit) };
}

/** `heads/main` or `tags/v1`: a whole name, never a beginning of one. */
function getRef(call: GitHubCall) {
  const [, kind = '', name = ''] = /^(heads|tags)\/(.+)$/.exec(call.params['ref'] ?? '') ?? [];
  const sha = (kind === 'heads' ? call.state.branches : call.state.tags).get(name);
  if (kind === '' || sha === undefined) throw notFound();
  const { owner, name: repository } = call.state.repository;
  const git = `${call.apiUrl}/repos/${owner}/${repository}/git`;
  return {
    status: 200,
    body: {
      ref: `refs/${kind}/${name}`,
      node_id: `REF_${kind}_${name}`,
      url: `${git}/refs/${kind}/${name}`,
      object: { type: 'commit', sha, url: `${git}/commits/${sha}` },
    },
  };
}

function listPullsOfCommit(call: GitHubCall) {
  const sha = call.params['sha'] ?? '';
  if (!call.state.commits.has(sha)) throw new GitHubError(422, `No commit found for SHA: ${sha}`);
  const pulls = [...call.state.pulls.values()].filter((pull) => {
    const own = reach(call.state, pull.head.sha);
    return own.has(sha) && !reach(call.state, pull.base.sha).has(sha);
  });
  return { status: 200, list: pulls.map((pull) => showPull(call, pull)) };
}

function compare(call: GitHubCall) {
  const [base, head] = (call.params['basehead'] ?? '').split('...').map((ref) => findCommit(call.state, ref));
  if (!base || !head) throw notFound();
  const [ofBase, ofHead] = [reach(call.state, base.sha), reach(call.state, head.sha)];
  const common = [...ofHead].find((sha) => ofBase.has(sha));
  if (!common) throw new GitHubError(404, `No common ancestor between ${base.sha} and ${head.sha}.`);
  const ahead = [...ofHead].filter((sha) => !ofBase.has(sha)).flatMap((sha) => call.state.commits.get(sha) ?? []);
  const behindBy = [...ofBase].filter((sha) => !ofHead.has(sha)).length;
  const mergeBase = call.state.commits.get(common) ?? base;
  return {
    status: 200,
    body: {
      status: statusOf(ahead.length, behindBy),
      ahead_by: ahead.length,
      behind_by: behindBy,
      total_commits: ahead.length,
      base_commit: show(call, base),
      merge_base_commit: show(call, mergeBase),
      commits: ahead.toReversed().map((one) => show(call, one)),
      files: [],
    },
  };
}

function statusOf(ahead: number, behind: number): string {
  if (ahead > 0) return behind > 0 ? 'diverged' : 'ahead';
  return behind > 0 ? 'behind' : 'identical';
}

/** A commit by its SHA or by a branch or a tag that points at it, with or without `refs/`. */
export function findCommit(state: State, ref: string): Commit | undefined {
  const ofBranch = state.branches.get(ref.replace(/^(?:refs\/)?heads\//, ''));
  const ofTag = state.tags.get(ref.replace(/^(?:refs\/)?tags\//, ''));
  return state.commits.get(ofBranch ?? ofTag ?? ref);
}

/** The commit and all its known ancestors, breadth first, so that the first one two commits share is their merge base. */
export function reach(state: State, from: string): Set<string> {
  const seen = new Set<string>([from]);
  // A Set may grow while it is walked.
  for (const sha of seen)
    for (const parent of state.commits.get(sha)?.parents ?? []) if (state.commits.has(parent)) seen.add(parent);
  return seen;
}

function show(call: GitHubCall, commit: Commit) {
  const { owner, name } = call.state.repository;
  const signature = { name: 'trainyard', email: 'trainyard@localhost', date: commit.date };
  return {
    sha: commit.sha,
    url: `${call.apiUrl}/repos/${owner}/${name}/commits/${commit.sha}`,
    html_url: `${call.serverUrl}/${owner}/${name}/commit/${commit.sha}`,
    commit: { message: commit.message, author: signature, committer: signature },
    parents: commit.parents.map((sha) => ({ sha })),
  };
}
