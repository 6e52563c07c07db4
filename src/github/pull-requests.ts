import { getOctokit } from '@actions/github';
import type { PullRequests } from '../report/ports.ts';
import type { Log } from '../runner/ports.ts';
import { type Clock, systemClock } from '../time/clock.ts';
import { findRefusal, type Octokit, toActionError, withRetries } from './request.ts';
import { type Comment, type Comments, putComment } from './sticky-comment.ts';

export interface GitHubOptions {
  readonly token: string;
  /** `GITHUB_API_URL`, without a slash at the end. */
  readonly apiUrl: string;
  readonly repository: { readonly owner: string; readonly name: string };
  readonly log: Log;
  readonly clock?: Clock;
}

const bodyLimit = 65_536;
const pageSize = 100;

/** The pull requests of one repository over GitHub's REST interface. */
export function createPullRequests(options: GitHubOptions): PullRequests {
  const octokit = getOctokit(options.token, { baseUrl: options.apiUrl });
  const clock = options.clock ?? systemClock;
  const place = { owner: options.repository.owner, repo: options.repository.name };
  const ask = <T>(doing: string, permission: string, send: () => Promise<T>): Promise<T> =>
    withRetries(send, clock).catch((error: unknown) => {
      throw toActionError(error, doing, permission);
    });

  return {
    async putComment(pullRequest, marker, body, keep = () => false) {
      const comments = createComments(octokit, { ...place, issue_number: pullRequest }, clock);
      try {
        return await putComment(comments, marker, limitBody(body), keep);
      } catch (error) {
        if (isReadOnly(error)) {
          options.log.info(`The token may not write on pull request #${pullRequest}.`);
          return { outcome: 'read-only' };
        }
        throw toActionError(error, `write the comment on pull request #${pullRequest}`, 'pull-requests: write');
      }
    },
    async findByHead(commit) {
      const pulls = await ask(`find the pull request of ${commit}`, 'pull-requests: read', () =>
        octokit.paginate('GET /repos/{owner}/{repo}/commits/{commit_sha}/pulls', {
          ...place,
          commit_sha: commit,
          per_page: pageSize,
        }),
      );
      return pulls.find((pull) => pull.state === 'open' && pull.head.sha === commit)?.number;
    },
    async mergeBase(base, head) {
      try {
        const { data } = await withRetries(
          () =>
            octokit.request('GET /repos/{owner}/{repo}/compare/{basehead}', {
              ...place,
              basehead: `${base}...${head}`,
              per_page: 1,
            }),
          clock,
        );
        return { commit: data.merge_base_commit.sha };
      } catch (error) {
        if (findRefusal(error)?.status === 404) return undefined; // one of them is gone, or they share no history
        throw toActionError(error, `compare ${base} with ${head}`, 'contents: read');
      }
    },
    history: (commit, count) =>
      ask(`list the commits before ${commit}`, 'contents: read', async () => {
        const found: { commit: string; date: Date }[] = [];
        for (let page = 1; found.length < count; page += 1) {
          const query = { ...place, sha: commit, per_page: Math.min(count, pageSize), page };
          const { data } = await octokit.request('GET /repos/{owner}/{repo}/commits', query);
          found.push(...data.map((entry) => ({ commit: entry.sha, date: new Date(entry.commit.committer?.date ?? 0) })));
          if (data.length < query.per_page) break;
        }
        return found.slice(0, count);
      }),
  };
}

/** A fork's or Dependabot's token, or a job without the permission: it may read and not write. */
function isReadOnly(error: unknown): boolean {
  const refusal = findRefusal(error);
  return refusal?.status === 403 && /not accessible by (integration|personal access token)|read-only/i.test(refusal.message);
}

/** The renderer keeps the limit; a text from anywhere else is cut between lines rather than refused as a whole. */
function limitBody(body: string): string {
  if (body.length <= bodyLimit) return body;
  const note = '\n\n*Cut: the text was longer than a comment may be.*\n';
  return `${body.slice(0, body.lastIndexOf('\n', bodyLimit - note.length))}${note}`;
}

function createComments(octokit: Octokit, place: { owner: string; repo: string; issue_number: number }, clock: Clock): Comments {
  const one = { owner: place.owner, repo: place.repo };
  return {
    async list() {
      const route = 'GET /repos/{owner}/{repo}/issues/{issue_number}/comments';
      return (await withRetries(() => octokit.paginate(route, { ...place, per_page: pageSize }), clock)).map(toComment);
    },
    async create(body) {
      const route = 'POST /repos/{owner}/{repo}/issues/{issue_number}/comments';
      return toComment((await withRetries(() => octokit.request(route, { ...place, body }), clock)).data);
    },
    async update(id, body) {
      const route = 'PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}';
      return toComment((await withRetries(() => octokit.request(route, { ...one, comment_id: id, body }), clock)).data);
    },
    async remove(id) {
      await withRetries(
        () => octokit.request('DELETE /repos/{owner}/{repo}/issues/comments/{comment_id}', { ...one, comment_id: id }),
        clock,
      );
    },
    async findLogin() {
      try {
        return (await withRetries(() => octokit.request('GET /user'), clock)).data.login;
      } catch (error) {
        const status = findRefusal(error)?.status;
        if (status === 403 || status === 404) return undefined;
        throw error;
      }
    },
  };
}

function toComment(data: {
  id: number | bigint;
  body?: string | undefined;
  html_url: string;
  user: { login: string } | null;
}): Comment {
  // GitHub answers with the line ends of whoever wrote it; ours are \n.
  return {
    id: Number(data.id),
    author: data.user?.login ?? '',
    body: (data.body ?? '').replaceAll('\r\n', '\n'),
    url: data.html_url,
  };
}
