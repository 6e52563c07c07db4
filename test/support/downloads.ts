import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

interface Served {
  data: Buffer;
  /** Whether the server gives parts; it does unless told otherwise. */
  ranges?: boolean;
  /** Cuts the connection after so many bytes of an answer, so many times. */
  cut?: { afterBytes: number; times: number };
  /** Becomes another file after so many requests. */
  becomes?: { data: Buffer; afterRequests: number };
  /** Answers with this status, so many times. */
  fails?: { status: number; times: number };
  redirect?: string;
}

export interface Downloads {
  /** For TRAINYARD_DOWNLOAD_URL. */
  readonly url: string;
  /** By host and path, e.g. `example.org/a.zip`. */
  readonly files: Map<string, Served>;
  readonly requests: { path: string; range: string | undefined; bytes: number }[];
  close(): Promise<void>;
}

/** A web server on 127.0.0.1 that has the whims of real ones. */
export async function startDownloads(): Promise<Downloads> {
  const files = new Map<string, Served>();
  const requests: Downloads['requests'] = [];
  const server = createServer((request, response) => {
    const path = (request.url ?? '').slice(1).replace(/\?.*$/, '');
    const file = files.get(path);
    const noted = { path, range: request.headers.range, bytes: 0 };
    requests.push(noted);
    if (file) answer(file, request, response, noted);
    else response.writeHead(404).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    files,
    requests,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

function answer(file: Served, request: IncomingMessage, response: ServerResponse, noted: { bytes: number }): void {
  if (file.becomes && file.becomes.afterRequests-- === 0) file.data = file.becomes.data;
  if (file.redirect !== undefined) return void response.writeHead(302, { location: file.redirect }).end();
  if (file.fails && file.fails.times-- > 0) return void response.writeHead(file.fails.status).end();
  const { data } = file;
  const etag = `"${createHash('md5').update(data).digest('hex')}"`;
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
  const condition = request.headers['if-range'];
  const part = file.ranges !== false && from !== undefined && (condition === undefined || condition === etag);
  const start = part ? Number(from) : 0;
  const end = part && to ? Math.min(Number(to), data.length - 1) : data.length - 1;
  const body = data.subarray(start, end + 1);
  const headers = { etag, 'content-type': 'application/octet-stream', 'content-length': body.length };
  response.writeHead(part ? 206 : 200, part ? { ...headers, 'content-range': `bytes ${start}-${end}/${data.length}` } : headers);
  if (file.cut && body.length > file.cut.afterBytes && file.cut.times > 0) {
    file.cut.times -= 1;
    noted.bytes = file.cut.afterBytes;
    response.write(body.subarray(0, file.cut.afterBytes), () => response.destroy());
  } else {
    noted.bytes = body.length;
    response.end(body);
  }
}
