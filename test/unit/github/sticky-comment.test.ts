import { describe, expect, test } from '@jest/globals';
import { type Comment, type Comments, putComment } from '../../../src/github/sticky-comment.ts';

const marker = '<!-- trainyard-report:digits:trainyard.yml -->';
const text = (words: string) => `${marker}\n${words}`;
const never = () => false;

/** Comments in memory. `login`: what a user's token tells; undefined for an installation, which writes as `author`. */
function createFake({
  author = 'github-actions[bot]',
  login,
  seed = [],
}: { author?: string; login?: string; seed?: [author: string, body: string][] } = {}) {
  let next = 1;
  const make = (by: string, body: string): Comment => {
    const id = next;
    next += 1;
    return { id, author: by, body, url: `https://github.com/octo/models/pull/7#issuecomment-${id}` };
  };
  const stored = seed.map(([by, body]) => make(by, body));
  const comments: Comments = {
    list: async () => [...stored],
    create: async (body) => {
      const comment = make(author, body);
      stored.push(comment);
      return comment;
    },
    update: async (id, body) => {
      const index = stored.findIndex((comment) => comment.id === id);
      const found = stored[index];
      if (!found) throw Object.assign(new Error('Not Found'), { status: 404 });
      stored[index] = { ...found, body };
      return { ...found, body };
    },
    remove: async (id) => {
      const index = stored.findIndex((comment) => comment.id === id);
      if (index < 0) throw Object.assign(new Error('Not Found'), { status: 404 });
      stored.splice(index, 1);
    },
    findLogin: async () => login,
  };
  return { comments, stored, show: () => stored.map((comment) => [comment.author, comment.body]) };
}

describe('the one comment', () => {
  test('is created, then updated in place, then left alone', async () => {
    const { comments, show } = createFake({ seed: [['octocat', 'nice']] });
    const outcomes = [];
    for (const body of ['one', 'two', 'two']) outcomes.push(await putComment(comments, marker, text(body), never));
    expect(outcomes.map((put) => put.outcome)).toEqual(['created', 'updated', 'unchanged']);
    expect(new Set(outcomes.map((put) => put.url)).size).toBe(1);
    expect(show()).toEqual([
      ['octocat', 'nice'],
      ['github-actions[bot]', text('two')],
    ]);
  });

  test('is not one that somebody else wrote, whatever marker it carries', async () => {
    const { comments, show } = createFake({ seed: [['mallory', text('all is well')]] });
    await putComment(comments, marker, text('failed'), never);
    await putComment(comments, marker, text('failed again'), never);
    expect(show()).toEqual([
      ['mallory', text('all is well')],
      ['github-actions[bot]', text('failed again')],
    ]);
  });

  test('is not one that only quotes the marker, nor one of another report', async () => {
    const other = '<!-- trainyard-report:digits:other.yml -->\nhello';
    const { comments, stored } = createFake({
      seed: [
        ['github-actions[bot]', `> ${text('x')}`],
        ['github-actions[bot]', other],
      ],
    });
    expect((await putComment(comments, marker, text('new'), never)).outcome).toBe('created');
    expect(stored).toHaveLength(3);
  });

  test('stays while duplicates of ours go', async () => {
    const bot = 'github-actions[bot]';
    const { comments, show } = createFake({
      seed: [
        [bot, text('a')],
        ['octocat', text('b')],
        [bot, text('c')],
        [bot, text('d')],
      ],
    });
    await putComment(comments, marker, text('new'), never);
    expect(show()).toEqual([
      [bot, text('new')],
      ['octocat', text('b')],
    ]);
  });

  test('is found by a user token through its login', async () => {
    const { comments, show } = createFake({
      author: 'ada',
      login: 'ada',
      seed: [
        ['github-actions[bot]', text('x')],
        ['ada', text('old')],
      ],
    });
    expect((await putComment(comments, marker, text('new'), never)).outcome).toBe('updated');
    expect(show()[1]).toEqual(['ada', text('new')]);
  });

  test('is found by another app, which learns its name from what it creates', async () => {
    const { comments, show } = createFake({ author: 'trainer[bot]', seed: [['trainer[bot]', text('old')]] });
    expect((await putComment(comments, marker, text('new'), never)).outcome).toBe('updated');
    expect(show()).toEqual([['trainer[bot]', text('new')]]);
  });

  test('is left to a newer run', async () => {
    const { comments, show } = createFake({ seed: [['github-actions[bot]', text('newer')]] });
    const put = await putComment(comments, marker, text('late'), (existing) => existing.includes('newer'));
    expect(put.outcome).toBe('superseded');
    expect(show()).toEqual([['github-actions[bot]', text('newer')]]);
  });

  test('is made anew when somebody deletes it between look and write', async () => {
    const fake = createFake({ seed: [['github-actions[bot]', text('old')]] });
    let first = true;
    const comments: Comments = {
      ...fake.comments,
      update: async (id, body) => {
        if (first) fake.stored.length = 0;
        first = false;
        return fake.comments.update(id, body);
      },
    };
    expect((await putComment(comments, marker, text('new'), never)).outcome).toBe('created');
    expect(fake.show()).toEqual([['github-actions[bot]', text('new')]]);
  });
});

test('two writers leave one comment, however their calls interleave', async () => {
  for (let seed = 0; seed < 300; seed += 1) {
    const fake = createFake();
    let state = seed + 1;
    // Each call first waits for a seeded number of turns, so the two mix differently every time.
    const pause = async () => {
      state = (state * 1103515245 + 12345) % 2147483648;
      for (let turn = state % 7; turn > 0; turn -= 1) await Promise.resolve();
    };
    const slow: Comments = {
      list: () => pause().then(() => fake.comments.list()),
      create: (body) => pause().then(() => fake.comments.create(body)),
      update: (id, body) => pause().then(() => fake.comments.update(id, body)),
      remove: (id) => pause().then(() => fake.comments.remove(id)),
      findLogin: () => pause().then(() => fake.comments.findLogin()),
    };
    await Promise.all(['one', 'two'].map((words) => putComment(slow, marker, text(words), never)));
    expect(fake.stored).toHaveLength(1);
  }
});
