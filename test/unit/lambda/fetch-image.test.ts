import { describe, expect, test } from '@jest/globals';
import { Refusal } from '../../../src/lambda/answer.ts';
import { fetchImage, type Network } from '../../../src/lambda/fetch-image.ts';

type Page = Partial<{ status: number; headers: Record<string, string>; body: AsyncIterable<Uint8Array> }>;
const jpeg = { 'content-type': 'image/jpeg' };

async function* bytes(...chunks: number[]): AsyncGenerator<Uint8Array> {
  for (const size of chunks) yield new Uint8Array(size);
}

/** An internet of a few pages, by URL; names resolve to what `names` says, the next answer at each question. */
function createInternet(pages: Record<string, Page>, names: Record<string, string[][]> = {}) {
  const asked: string[] = [];
  const connected: string[] = [];
  let open = 0;
  const network: Network = {
    resolve: async (host) => {
      asked.push(host);
      const answers = names[host] ?? [['93.184.215.14']];
      return (answers.length > 1 ? answers.shift() : answers[0]) ?? [];
    },
    get: async ({ url, address }) => {
      const page = pages[`${url.origin}${url.pathname}${url.search}`];
      connected.push(`${url.href} at ${address}`);
      if (!page) throw new Error(`connect ECONNREFUSED ${address}:443`);
      open += 1;
      return { status: 200, headers: jpeg, body: bytes(10), ...page, close: () => void (open -= 1) };
    },
  };
  return { network, asked, connected, open: () => open };
}

const redirect = (location: string, status = 302) => ({ status, headers: { location } });
const never = () => new AbortController().signal;
const fetchFrom = (internet: { network: Network }, url: string, signal = never(), milliseconds?: number) =>
  fetchImage(url, internet.network, signal, milliseconds);
const refusalOf = async (work: Promise<unknown>): Promise<Refusal> => {
  const error: unknown = await work.catch((reason: unknown) => reason);
  if (error instanceof Refusal) return error;
  throw new Error('It was not refused.', { cause: error });
};

describe('fetchImage', () => {
  test('fetches an image from the address it has checked, asked for once', async () => {
    // The second answer is what an attacker's name server would give to whoever asks again.
    const internet = createInternet(
      { 'https://dogs.org/a.jpg?b=1': { body: bytes(3, 4) } },
      { 'dogs.org': [['1.2.3.4'], ['127.0.0.1']] },
    );
    const image = await fetchFrom(internet, 'https://dogs.org/a.jpg?b=1#x');
    expect(image.contentType).toBe('image/jpeg');
    expect(image.bytes.byteLength).toBe(7);
    expect(internet.asked).toEqual(['dogs.org']);
    expect(internet.connected).toEqual(['https://dogs.org/a.jpg?b=1#x at 1.2.3.4']);
    expect(internet.open()).toBe(0);
  });

  test.each([
    ['http', 'http://dogs.org/a.jpg'],
    ['files', 'file:///etc/passwd'],
    ['data', 'data:image/png;base64,AA=='],
    ['another port', 'https://dogs.org:8443/a.jpg'],
    ['a user name', 'https://user@dogs.org/a.jpg'],
    ['a password', 'https://user:secret@dogs.org/a.jpg'],
    ['no URL', 'dog.jpg'],
    ['a very long one', `https://dogs.org/${'a'.repeat(2048)}`],
  ])('refuses %s before it asks anybody', async (_what, url) => {
    const internet = createInternet({});
    expect(await refusalOf(fetchFrom(internet, url))).toMatchObject({ status: 400, code: 'BadUrl' });
    expect([...internet.asked, ...internet.connected]).toEqual([]);
  });

  test.each([
    'https://127.0.0.1/',
    'https://127.1/',
    'https://2130706433/',
    'https://0x7f000001/',
    'https://0177.0.0.1/',
    'https://[::1]/',
    'https://[::ffff:169.254.169.254]/',
    'https://169.254.169.254/latest/meta-data/',
    'https://[fd00:ec2::254]/',
    'https://10.0.0.1/',
    'https://0/',
  ])('never connects to %s', async (url) => {
    const internet = createInternet({});
    expect(await refusalOf(fetchFrom(internet, url))).toMatchObject({ status: 400, code: 'NotPublic' });
    expect(internet.connected).toEqual([]);
  });

  test.each([
    ['this machine', [['127.0.0.1']]],
    ['a public and a private address', [['1.2.3.4', '10.0.0.1']]],
    ['nothing', [[]]],
  ])('never connects to a name of %s', async (_what, answers) => {
    const internet = createInternet({}, { 'evil.org': answers });
    const refusal = await refusalOf(fetchFrom(internet, 'https://evil.org/a.jpg'));
    expect(refusal).toMatchObject({ status: 400, code: 'NotPublic' });
    expect(refusal.message).not.toMatch(/\d+\.\d+/);
    expect(internet.connected).toEqual([]);
  });

  test('follows redirects, and checks each anew', async () => {
    const internet = createInternet({
      'https://a.org/1': redirect('/2'),
      'https://a.org/2': redirect('//b.org/3', 307),
      'https://b.org/3': {},
    });
    expect((await fetchFrom(internet, 'https://a.org/1')).bytes.byteLength).toBe(10);
    expect(internet.asked).toEqual(['a.org', 'a.org', 'b.org']);
    expect(internet.open()).toBe(0);
  });

  test.each([
    ['a private address', 'https://169.254.169.254/latest/meta-data/iam/', 'NotPublic'],
    ['a name of one', 'https://inside.org/', 'NotPublic'],
    ['http', 'http://b.org/', 'BadUrl'],
    ['another port', 'https://b.org:22/', 'BadUrl'],
    ['itself, for ever', 'https://a.org/1', 'DownloadFailed'],
  ])('refuses a redirect to %s', async (_what, location, code) => {
    const internet = createInternet({ 'https://a.org/1': redirect(location) }, { 'inside.org': [['192.168.0.1']] });
    expect(await refusalOf(fetchFrom(internet, 'https://a.org/1'))).toMatchObject({ status: 400, code });
    expect(internet.connected.every((line) => line.startsWith('https://a.org/1 '))).toBe(true);
    expect(internet.open()).toBe(0);
  });

  test('refuses a name that rebinds between a redirect and the next request', async () => {
    const internet = createInternet(
      { 'https://a.org/1': redirect('/2'), 'https://a.org/2': {} },
      { 'a.org': [['1.2.3.4'], ['127.0.0.1']] },
    );
    expect(await refusalOf(fetchFrom(internet, 'https://a.org/1'))).toMatchObject({ code: 'NotPublic' });
    expect(internet.connected).toEqual(['https://a.org/1 at 1.2.3.4']);
  });

  test.each<[string, Page, number, string]>([
    ['a page', { headers: { 'content-type': 'text/html' } }, 415, 'NotAnImage'],
    ['no type', { headers: {} }, 415, 'NotAnImage'],
    ['a type with a trick', { headers: { 'content-type': 'image/png\tx' } }, 415, 'NotAnImage'],
    ['a missing page', { status: 404 }, 400, 'DownloadFailed'],
    ['a redirect to nowhere', { status: 302, headers: {} }, 400, 'DownloadFailed'],
    ['an announced 6 MB', { headers: { ...jpeg, 'content-length': '6000000' } }, 413, 'TooLarge'],
    [
      '6 MB announced as 10 bytes',
      { headers: { ...jpeg, 'content-length': '10' }, body: bytes(...Array<number>(60).fill(100_000)) },
      413,
      'TooLarge',
    ],
    ['an empty image', { body: bytes() }, 400, 'DownloadFailed'],
  ])('refuses %s and closes the connection', async (_what, page, status, code) => {
    const internet = createInternet({ 'https://a.org/1': page });
    expect(await refusalOf(fetchFrom(internet, 'https://a.org/1'))).toMatchObject({ status, code });
    expect(internet.open()).toBe(0);
  });

  test("does not pass on the network's own words", async () => {
    const refusal = await refusalOf(fetchFrom(createInternet({}), 'https://a.org/1'));
    expect(refusal).toMatchObject({ status: 400, code: 'DownloadFailed', message: 'The image cannot be fetched from this URL.' });
    expect(refusal.detail).toContain('ECONNREFUSED');
  });

  const stuck = new Promise<never>(() => {});
  test.each<[string, Partial<Network>]>([
    ['a name server', { resolve: () => stuck }],
    ['a server', { get: () => stuck }],
    [
      'a body',
      {
        get: async () => ({
          status: 200,
          headers: jpeg,
          body: { [Symbol.asyncIterator]: () => ({ next: () => stuck }) },
          close: () => {},
        }),
      },
    ],
  ])('gives up on %s that never answers', async (_what, part) => {
    const network = { ...createInternet({}).network, ...part };
    const started = performance.now();
    expect(await refusalOf(fetchImage('https://a.org/1', network, never(), 50))).toMatchObject({
      status: 504,
      code: 'DownloadTimeout',
    });
    expect(performance.now() - started).toBeLessThan(5000);
  });

  test("gives up when the caller's time is over", async () => {
    const network = { ...createInternet({}).network, get: () => stuck };
    expect(await refusalOf(fetchImage('https://a.org/1', network, AbortSignal.timeout(20)))).toMatchObject({ status: 504 });
  });
});
