import { findRefusal } from './request.ts';

/** A comment in the parts that matter here. */
export interface Comment {
  readonly id: number;
  readonly author: string;
  readonly body: string;
  readonly url: string;
}

/** The calls on the comments of one pull request. Each retries by itself and throws what it cannot mend. */
export interface Comments {
  /** Over all pages, oldest first. */
  list(): Promise<Comment[]>;
  create(body: string): Promise<Comment>;
  update(id: number, body: string): Promise<Comment>;
  remove(id: number): Promise<void>;
  /** The login of a user's token; undefined for an installation's token, which may not ask who it is. */
  findLogin(): Promise<string | undefined>;
}

export type PutOutcome = { readonly outcome: 'created' | 'updated' | 'unchanged' | 'superseded'; readonly url: string };

/** Author of everything that a workflow's own token writes. */
const actionsBot = 'github-actions[bot]';
const rounds = 3;

/**
 * Brings the one comment that begins with `marker` and is ours to `body`.
 *
 * Ours is what the token's own account wrote; anybody may paste the marker into a comment. A user's token tells its login. An
 * installation's token does not: it is taken for the workflow's own, and where comments with the marker exist that the workflow's
 * bot did not write, a new comment is made and *its* author says who we are, so an app's token finds its older comment too.
 *
 * Of several of ours the oldest stays. Two writers that both create therefore keep the same one, and each deletes the rest.
 * @param keep told the text that is there; true leaves it, because a newer run wrote it
 */
export async function putComment(
  comments: Comments,
  marker: string,
  body: string,
  keep: (existing: string) => boolean,
): Promise<PutOutcome> {
  for (let round = 1; ; round += 1) {
    try {
      return await putOnce(comments, marker, body, keep);
    } catch (error) {
      // Somebody deleted the comment between our look and our write.
      if (findRefusal(error)?.status !== 404 || round === rounds) throw error;
    }
  }
}

async function putOnce(
  comments: Comments,
  marker: string,
  body: string,
  keep: (existing: string) => boolean,
): Promise<PutOutcome> {
  const marked = await listMarked(comments, marker);
  const author = marked.length > 0 ? ((await comments.findLogin()) ?? actionsBot) : undefined;
  const [first, ...duplicates] = marked.filter((comment) => comment.author === author);
  if (!first) return settleCreated(comments, marker, await comments.create(body), keep);
  await removeAll(comments, duplicates);
  return write(comments, first, body, keep);
}

async function write(
  comments: Comments,
  existing: Comment,
  body: string,
  keep: (existing: string) => boolean,
): Promise<PutOutcome> {
  if (existing.body === body) return { outcome: 'unchanged', url: existing.url };
  if (keep(existing.body)) return { outcome: 'superseded', url: existing.url };
  return { outcome: 'updated', url: (await comments.update(existing.id, body)).url };
}

/** After a create: another writer may have created one at the same time, or an app's older comment turns out to be ours. */
async function settleCreated(
  comments: Comments,
  marker: string,
  created: Comment,
  keep: (existing: string) => boolean,
): Promise<PutOutcome> {
  const ours = (await listMarked(comments, marker)).filter((comment) => comment.author === created.author);
  const [first, ...duplicates] = ours;
  if (!first || first.id === created.id) {
    await removeAll(comments, duplicates);
    return { outcome: 'created', url: created.url };
  }
  const outcome = await write(comments, first, created.body, keep);
  await removeAll(comments, duplicates);
  return outcome;
}

async function listMarked(comments: Comments, marker: string): Promise<Comment[]> {
  const all = await comments.list();
  return all.filter((comment) => comment.body.startsWith(marker)).sort((a, b) => a.id - b.id);
}

async function removeAll(comments: Comments, duplicates: readonly Comment[]): Promise<void> {
  for (const { id } of duplicates) {
    await comments.remove(id).catch((error: unknown) => {
      if (findRefusal(error)?.status !== 404) throw error; // the other writer was faster
    });
  }
}
