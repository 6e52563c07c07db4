import { isIP } from 'node:net';
import { Refusal } from './answer.ts';
import { isPublicAddress } from './public-address.ts';

/** The network, as fetching an image needs it. */
export interface Network {
  /** Every address of a host name. */
  resolve(host: string): Promise<readonly string[]>;
  /** One GET to exactly this address, whatever the name resolves to by now. Rejects when `signal` aborts. */
  get(target: { url: URL; address: string; signal: AbortSignal }): Promise<Response>;
}

interface Response {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: AsyncIterable<Uint8Array>;
  /** Cuts the connection. */
  close(): void;
}

const mostImageBytes = 5 * 1024 * 1024;
const mostRedirects = 3;
const mostMilliseconds = 10_000;

/**
 * Fetches an image from the public internet: https on its usual port, from an address that was checked before and is the one connected
 * to, again after every redirect; at most 5 MB in 10 s. There is no way to turn any of this off. @throws Refusal
 * @param signal the end of the caller's own time
 */
export async function fetchImage(text: string, network: Network, signal: AbortSignal, milliseconds = mostMilliseconds) {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(milliseconds)]);
  try {
    const response = await untilAborted(limit, followRedirects(parseUrl(text), network, limit));
    try {
      return { contentType: readImageType(response), bytes: await untilAborted(limit, readBody(response)) };
    } finally {
      response.close();
    }
  } catch (error) {
    if (limit.aborted)
      throw new Refusal(504, 'DownloadTimeout', `The image did not arrive within ${milliseconds / 1000} s.`, String(error));
    if (error instanceof Refusal) throw error;
    // The network's own words could tell a stranger about this network.
    throw new Refusal(400, 'DownloadFailed', 'The image cannot be fetched from this URL.', String(error));
  }
}

async function followRedirects(first: URL, network: Network, signal: AbortSignal): Promise<Response> {
  let url = first;
  for (let redirects = 0; redirects <= mostRedirects; redirects++) {
    const response = await network.get({ url, address: await findAddress(url, network), signal });
    if (response.status === 200) return response;
    const { location } = response.headers;
    response.close();
    if (![301, 302, 303, 307, 308].includes(response.status) || typeof location !== 'string')
      throw new Refusal(400, 'DownloadFailed', `The server of this URL answered ${response.status}.`);
    url = parseUrl(location, url);
  }
  throw new Refusal(400, 'DownloadFailed', `This URL redirects more than ${mostRedirects} times.`);
}

function parseUrl(text: string, base?: URL): URL {
  const url = text.length <= 2048 ? URL.parse(text, base?.href) : null;
  if (!url) throw new Refusal(400, 'BadUrl', 'This is not a URL.');
  if (url.protocol !== 'https:') throw new Refusal(400, 'BadUrl', 'Only https:// URLs are fetched.');
  if (url.port !== '') throw new Refusal(400, 'BadUrl', 'Only the usual port of https is used.');
  if (url.username !== '' || url.password !== '')
    throw new Refusal(400, 'BadUrl', 'A URL with a user name or password is not fetched.');
  return url;
}

/** One address, when all of the host's are public: a name that points to both kinds is not to be trusted with either. */
async function findAddress(url: URL, network: Network): Promise<string> {
  // The URL parser has already made an address of every way to write one: 2130706433, 0x7f.1, 127.1.
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const addresses = isIP(host) === 0 ? await network.resolve(host) : [host];
  const [address] = addresses;
  if (address === undefined || !addresses.every(isPublicAddress))
    throw new Refusal(
      400,
      'NotPublic',
      'Only images of the public internet are fetched.',
      `${host} is ${addresses.join(', ') || 'nowhere'}`,
    );
  return address;
}

function readImageType({ headers }: Response): string {
  const [type = ''] = String(headers['content-type'] ?? '').split(';');
  const contentType = type.trim().toLowerCase();
  if (!/^image\/[\w.+-]+$/.test(contentType))
    throw new Refusal(
      415,
      'NotAnImage',
      'The server of this URL does not say that it is an image.',
      `content-type: ${contentType}`,
    );
  return contentType;
}

async function readBody({ headers, body }: Response): Promise<Uint8Array> {
  if (Number(headers['content-length'] ?? 0) > mostImageBytes) throw tooLarge();
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.byteLength;
    // A length is only what the server says.
    if (bytes > mostImageBytes) throw tooLarge();
    chunks.push(chunk);
  }
  if (bytes === 0) throw new Refusal(400, 'DownloadFailed', 'The image is empty.');
  return Buffer.concat(chunks);
}

const tooLarge = () => new Refusal(413, 'TooLarge', `The image is larger than ${mostImageBytes} bytes.`);

/** Names are resolved by the operating system, which cannot be told to stop. */
async function untilAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(new Error('out of time'));
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
