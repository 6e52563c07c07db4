import { setMaxListeners } from 'node:events';
import { ActionError } from '../../action-error.ts';
import type { StageDeps } from '../ports.ts';
import { formatBytes } from '../progress.ts';
import { hideQuery, mapAddress } from './address.ts';
import { type Answer, createRequests, type Requests } from './request.ts';

/** Something that can be read from any place, as often as needed. */
export interface RandomAccess {
  readonly bytes: number;
  /** @param end exclusive */
  stream(start: number, end: number): AsyncGenerator<Buffer>;
}

/** A file behind an https address, as it was when it was opened: every later read is of that state, or fails. */
export interface RemoteFile {
  /** Without the query. */
  readonly shown: string;
  /** Undefined where the server does not say. */
  readonly bytes: number | undefined;
  readonly etag: string;
  readonly lastModified: string;
  readonly contentType: string;
  /** Whether the server gives parts. Without it `stream` reads from the beginning and leaves out. */
  readonly ranges: boolean;
  /** The first bytes, by which the kind of an archive is told. */
  readonly head: Buffer;
  /** Goes on where a broken connection stopped. @param end exclusive; undefined: to the end */
  stream(start: number, end?: number): AsyncGenerator<Buffer>;
  close(): void;
}

const headBytes = 512;
/** Attempts in a row that bring no byte. */
const maxAttempts = 6;

type Deps = Pick<StageDeps, 'log' | 'clock' | 'signal' | 'downloadUrl'>;

/** Asks for the first bytes, which tells everything a HEAD would, also where a HEAD is refused. */
export async function openRemote(address: string, deps: Deps): Promise<RemoteFile> {
  const { downloadUrl } = deps;
  const url = mapAddress(new URL(address), downloadUrl);
  const shown = hideQuery(address);
  // Each request of a big download listens; there are as many as are under way, not a leak.
  setMaxListeners(0, deps.signal);
  const requests = createRequests(downloadUrl === undefined ? undefined : new URL(downloadUrl).origin, deps.signal);
  const retry = createRetry(shown, deps);
  try {
    for (;;) {
      const answer = await ask(requests, url, { range: `bytes=0-${headBytes - 1}` }).catch(retry.after);
      if (!answer) continue;
      if (isPassing(answer)) await retry.after(readStatus(answer), readPause(answer));
      else return describe(answer, await readHead(checkStatus(answer, shown)), { url, shown, requests }, deps);
    }
  } catch (error) {
    requests.close();
    throw error;
  }
}

function ask(requests: Requests, url: URL, more: Record<string, string>): Promise<Answer> {
  return requests.get(url, { 'accept-encoding': 'identity', 'user-agent': 'trainyard', ...more });
}

interface Opened {
  readonly url: URL;
  readonly shown: string;
  readonly requests: Requests;
}

function describe(answer: Answer, head: Buffer, { url, shown, requests }: Opened, deps: Deps): RemoteFile {
  const { headers, status } = answer;
  const ranges = status === 206;
  const total = ranges ? /\/(\d+)$/.exec(headers['content-range'] ?? '')?.[1] : headers['content-length'];
  const { etag = '', 'last-modified': lastModified = '', 'content-type': contentType = '' } = headers;
  const state = { etag, lastModified, bytes: total === undefined ? undefined : Number(total) };
  const reading: Reading = { ...state, shown, ranges, requests, first: url, place: answer.url };
  return {
    ...state,
    shown,
    contentType,
    ranges,
    head,
    stream: (start, end = state.bytes) => readFrom(reading, start, end, deps),
    close: () => requests.close(),
  };
}

interface Reading {
  readonly shown: string;
  readonly bytes: number | undefined;
  readonly etag: string;
  readonly lastModified: string;
  readonly ranges: boolean;
  readonly requests: Requests;
  readonly first: URL;
  /** Where the last redirect led; such addresses are often signed for minutes only. */
  place: URL;
}

async function* readFrom(reading: Reading, start: number, end: number | undefined, deps: Deps): AsyncGenerator<Buffer> {
  let position = start;
  if (end !== undefined && position >= end) return;
  const retry = createRetry(reading.shown, deps);
  for (;;) {
    const answer = await open(reading, position, end).catch(retry.after);
    if (!answer) continue;
    if (isPassing(answer)) {
      await retry.after(readStatus(answer), readPause(answer));
      continue;
    }
    // Without ranges the whole comes again; what has been read is left out.
    let skip = answer.status === 206 ? 0 : position;
    try {
      for await (const chunk of answer.body as AsyncIterable<Buffer>) {
        const fresh = chunk.subarray(Math.min(skip, chunk.length), end === undefined ? undefined : skip + end - position);
        skip -= Math.min(skip, chunk.length);
        if (fresh.length === 0) continue;
        position += fresh.length;
        retry.succeeded();
        yield fresh;
        if (end !== undefined && position >= end) return;
      }
      // A whole answer without a length ends where the server says; one with a length may have been cut.
      if (end === undefined || position >= end) return;
      await retry.after(new Error(`the connection ended after ${formatBytes(position)}`));
    } catch (error) {
      await retry.after(error);
    } finally {
      answer.body.destroy();
    }
  }
}

/** An answer with the state of the file that was opened, or one that says to come again. */
async function open(reading: Reading, position: number, end: number | undefined): Promise<Answer> {
  const { requests, ranges, shown } = reading;
  const validator = reading.etag !== '' && !reading.etag.startsWith('W/') ? reading.etag : reading.lastModified;
  const headers: Record<string, string> = ranges
    ? { range: `bytes=${position}-${end === undefined ? '' : end - 1}`, ...(validator ? { 'if-range': validator } : {}) }
    : {};
  let answer = await ask(requests, reading.place, headers);
  if (answer.status >= 400 && answer.status < 500 && reading.place !== reading.first) {
    answer.body.destroy();
    answer = await ask(requests, reading.first, headers);
    reading.place = answer.url;
  }
  if (isPassing(answer)) return answer;
  if (answer.status !== 416) checkStatus(answer, shown);
  if (!isSame(answer, reading, position)) {
    answer.body.destroy();
    throw new ActionError({
      kind: 'conflict',
      message: `${shown} has changed while it was being read, so what was read belongs to two different files.`,
      fix: 'Re-run this job: it begins with the new file and leaves out what is the same.',
    });
  }
  return answer;
}

function isSame({ status, headers }: Answer, reading: Reading, position: number): boolean {
  if (reading.ranges) {
    const [, start, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers['content-range'] ?? '') ?? [];
    if (status !== 206 || Number(start) !== position) return false;
    if (total !== '*' && Number(total) !== reading.bytes) return false;
  } else if (headers['content-length'] !== undefined && Number(headers['content-length']) !== reading.bytes) return false;
  const { etag = '', 'last-modified': lastModified = '' } = headers;
  // Mirrors of one file agree about its ETag and not always about its time.
  return etag !== '' && reading.etag !== '' ? etag === reading.etag : lastModified === reading.lastModified;
}

async function readHead({ body }: Answer): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes >= headBytes) break;
  }
  return Buffer.concat(chunks).subarray(0, headBytes);
}

/** Throttled or out of order for the moment. */
const isPassing = ({ status }: Answer) => status === 408 || status === 429 || status >= 500;

function readStatus(answer: Answer): Error {
  answer.body.destroy();
  return new Error(`the server answered ${answer.status} ${answer.body.statusMessage ?? ''}`.trim());
}

function readPause({ headers }: Answer): number {
  const seconds = Number(headers['retry-after'] ?? 0);
  return Number.isFinite(seconds) ? Math.min(seconds, 60) * 1000 : 0;
}

function checkStatus(answer: Answer, shown: string): Answer {
  const { status } = answer;
  if (status === 200 || status === 206) return answer;
  answer.body.destroy();
  const fixes: Record<number, string> = {
    401: 'The server wants a login; put the data where it can be read by its address alone, e.g. in S3.',
    403: 'The server refuses; an address that was signed for a time may have expired.',
    404: 'Check the address; open it in a browser.',
    410: 'Check the address; open it in a browser.',
    416: 'The file is empty.',
  };
  throw new ActionError({
    kind: 'input',
    message: `${shown} cannot be downloaded: the server answered ${status} ${answer.body.statusMessage ?? ''}`.trimEnd() + '.',
    fix: fixes[status] ?? 'Open the address in a browser.',
  });
}

/** Waits longer after each failure in a row, and gives up after some. */
function createRetry(shown: string, { clock, signal, log }: Deps) {
  let failures = 0;
  return {
    succeeded: () => {
      failures = 0;
    },
    after: async (error: unknown, pauseMs = 0): Promise<undefined> => {
      if (error instanceof ActionError || signal.aborted) throw error;
      failures += 1;
      const why = explain(error);
      if (failures >= maxAttempts) {
        throw new ActionError({
          kind: 'configuration',
          message: `${shown} cannot be downloaded: ${why}, ${failures} times in a row.`,
          fix: 'Check the address and that this machine reaches it; then re-run this job, which goes on from what is there.',
          cause: error,
        });
      }
      const waitMs = Math.max(pauseMs, 250 * 2 ** failures);
      log.info(`${shown}: ${why}; going on in ${(waitMs / 1000).toFixed(1)} s.`);
      await clock.sleep(waitMs, signal);
      return undefined;
    },
  };
}

/** What a reader of the log can do something with; Node calls a broken connection `aborted`. */
function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const broken = 'code' in error && (error.code === 'ECONNRESET' || error.code === 'ERR_STREAM_PREMATURE_CLOSE');
  return broken ? 'the connection broke' : error.message || error.name;
}
