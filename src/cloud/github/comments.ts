import { isRecord } from './record.ts';
import { type GitHubCall, GitHubError, notFound, type Route } from './route.ts';
import type { Comment } from './state.ts';

/** GitHub counts characters of a comment, not bytes. */
const maxBodyLength = 65_536;

const ofIssue = '/repos/{owner}/{repo}/issues/{number}/comments';
const ofRepository = '/repos/{owner}/{repo}/issues/comments/{id}';
const scopes = ['issues', 'pull-requests'] as const;

export const commentRoutes: readonly Route[] = [
  { method: 'GET', template: ofIssue, scopes, level: 'read', handle: listComments },
  { method: 'POST', template: ofIssue, scopes, level: 'write', handle: createComment },
  {
    method: 'GET',
    template: ofRepository,
    scopes,
    level: 'read',
    handle: (call) => ({ status: 200, body: show(call, find(call)) }),
  },
  { method: 'PATCH', template: ofRepository, scopes, level: 'write', handle: updateComment },
  { method: 'DELETE', template: ofRepository, scopes, level: 'write', handle: deleteComment },
];

function listComments(call: GitHubCall) {
  const number = issueNumber(call);
  const since = call.query.get('since');
  const comments = call.state.comments.filter((one) => one.number === number && (!since || one.updated >= since));
  return { status: 200, list: comments.map((one) => show(call, one)) };
}

function createComment(call: GitHubCall) {
  const body = readBody(call);
  const at = call.now().toISOString();
  const comment: Comment = {
    id: call.state.nextCommentId,
    number: issueNumber(call),
    author: call.token.login,
    bot: call.token.bot,
    created: at,
    updated: at,
    body,
  };
  call.state.nextCommentId += 1;
  call.state.comments.push(comment);
  return { status: 201, body: show(call, comment) };
}

function updateComment(call: GitHubCall) {
  const comment = find(call);
  comment.body = readBody(call);
  comment.updated = call.now().toISOString();
  return { status: 200, body: show(call, comment) };
}

function deleteComment(call: GitHubCall) {
  call.state.comments.splice(call.state.comments.indexOf(find(call)), 1);
  return { status: 204 };
}

function find(call: GitHubCall): Comment {
  const comment = call.state.comments.find((one) => String(one.id) === call.params['id']);
  if (!comment) throw notFound();
  return comment;
}

function issueNumber(call: GitHubCall): number {
  const number = Number(call.params['number']);
  if (!call.state.pulls.has(number)) throw notFound();
  return number;
}

function readBody(call: GitHubCall): string {
  const body = isRecord(call.body) ? call.body['body'] : undefined;
  const field = { resource: 'IssueComment', field: 'body' };
  if (typeof body !== 'string' || body.trim() === '') {
    throw new GitHubError(422, 'Validation Failed', [{ ...field, code: 'missing_field' }]);
  }
  if (Array.from(body).length > maxBodyLength) {
    const message = `Body is too long (maximum is ${maxBodyLength} characters)`;
    throw new GitHubError(422, `Validation Failed: ${message}`, [{ ...field, code: 'custom', message: message.toLowerCase() }]);
  }
  return body;
}

function show(call: GitHubCall, comment: Comment) {
  const { owner, name } = call.state.repository;
  const api = `${call.apiUrl}/repos/${owner}/${name}`;
  const page = `${call.serverUrl}/${owner}/${name}/pull/${comment.number}`;
  return {
    id: comment.id,
    node_id: `IC_${comment.id}`,
    url: `${api}/issues/comments/${comment.id}`,
    html_url: `${page}#issuecomment-${comment.id}`,
    issue_url: `${api}/issues/${comment.number}`,
    body: comment.body,
    user: { login: comment.author, id: comment.bot ? 41_898_282 : 1, type: comment.bot ? 'Bot' : 'User' },
    author_association: comment.bot ? 'NONE' : 'CONTRIBUTOR',
    created_at: comment.created,
    updated_at: comment.updated,
  };
}
