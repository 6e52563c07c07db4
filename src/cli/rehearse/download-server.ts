import { createReadStream, statSync, type Stats } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Download } from './downloads.ts';

export interface DownloadServer {
  /** For TRAINYARD_DOWNLOAD_URL: `https://host/path?query` is asked as `<url>/host/path?query`. */
  readonly url: string;
  close(): void;
}

/** Answers for the downloads' addresses as a web server would that knows ranges, and sends on to the real address what no file plays. */
export async function startDownloads(root: string, downloads: readonly Download[]): Promise<DownloadServer> {
  const byPath = new Map(
    downloads.map((download) => [`/${download.url.host}${download.url.pathname}${download.url.search}`, download]),
  );
  const server = createServer((request, response) => answer(root, byPath.get(request.url ?? ''), request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server of the downloads has no port.');
  return {
    url: `http://127.0.0.1:${address.port}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function answer(root: string, download: Download | undefined, request: IncomingMessage, response: ServerResponse): void {
  if (!download) response.writeHead(404).end();
  else if (request.method !== 'GET' && request.method !== 'HEAD') response.writeHead(405, { allow: 'GET, HEAD' }).end();
  else if (download.file === undefined) response.writeHead(307, { location: download.url.href }).end();
  else sendFile(join(root, download.file), request, response);
}

function sendFile(path: string, request: IncomingMessage, response: ServerResponse): void {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats) return void response.writeHead(404).end();
  const etag = `"${stats.size.toString(16)}-${stats.mtimeMs.toString(16)}"`;
  const headers = { 'accept-ranges': 'bytes', etag, 'last-modified': stats.mtime.toUTCString() };
  if (request.headers['if-none-match'] === etag) return void response.writeHead(304, headers).end();
  const ifMatch = request.headers['if-match'];
  if (ifMatch !== undefined && ifMatch !== '*' && ifMatch !== etag) return void response.writeHead(412, headers).end();
  const range = findRange(request, etag, stats);
  if (range === 'unsatisfiable')
    return void response.writeHead(416, { ...headers, 'content-range': `bytes */${stats.size}` }).end();
  const { start, end } = range ?? { start: 0, end: stats.size - 1 };
  response.writeHead(range ? 206 : 200, {
    ...headers,
    'content-type': 'application/octet-stream',
    'content-length': end - start + 1,
    ...(range ? { 'content-range': `bytes ${start}-${end}/${stats.size}` } : {}),
  });
  if (request.method === 'HEAD' || end < start) return void response.end();
  const file = createReadStream(path, { start, end });
  file.on('error', () => response.destroy());
  response.on('close', () => file.destroy());
  file.pipe(response);
}

/** The one range that is asked for; the whole file where there is none, where several are, or where `If-Range` names another state. */
function findRange(
  { headers }: IncomingMessage,
  etag: string,
  { size, mtime }: Stats,
): { start: number; end: number } | 'unsatisfiable' | undefined {
  const condition = headers['if-range'];
  if (condition !== undefined && condition !== etag && condition !== mtime.toUTCString()) return undefined;
  const match = /^bytes=(\d*)-(\d*)$/.exec(headers.range ?? '');
  const [first, last] = [match?.[1] ?? '', match?.[2] ?? ''];
  if (!match || (first === '' && last === '')) return undefined;
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (first !== '' && last !== '' && Number(last) < start) return undefined;
  return start >= size || end < start ? 'unsatisfiable' : { start, end };
}
