/**
 * An S3 that reads what it is sent and forgets it: what an upload costs its client when the other side costs next to nothing. One
 * process with a parser of its own, because Node's would be the slowest part of it. It tells at `/-/stats` what came in and what CPU
 * that took, and begins to count anew.
 *
 *   node bench/s3-sink.ts     prints its address; ends when its standard input does
 */
import { createServer, type Socket } from 'node:net';

/** What one sink has taken. */
export interface SinkStats {
  readonly objects: number;
  readonly bytes: number;
  readonly cpuSeconds: number;
}

let [objects, bytes, cpuBefore] = [0, 0, process.cpuUsage()];

function takeStats(): SinkStats {
  const { user, system } = process.cpuUsage(cpuBefore);
  const stats = { objects, bytes, cpuSeconds: (user + system) / 1e6 };
  [objects, bytes, cpuBefore] = [0, 0, process.cpuUsage()];
  return stats;
}

const xml = (text: string) => `<?xml version="1.0" encoding="UTF-8"?>\n${text}`;
const listing = xml(
  '<ListBucketResult><KeyCount>0</KeyCount><MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated></ListBucketResult>',
);
/** The form of a multipart upload's: nobody takes it for the MD5 of what was sent. */
const etag = '"00000000000000000000000000000000-1"';

/** @param decoded bytes of the object or part, as the request says */
function answer(method: string, target: string, decoded: number): { status: string; headers?: string; body?: string } {
  const [path = '', query = ''] = target.split('?');
  const hasKey = path.indexOf('/', 1) > 0 && !path.endsWith('/');
  if (target === '/-/stats') return { status: '200 OK', body: JSON.stringify(takeStats()) };
  if (method === 'PUT' && hasKey) {
    bytes += decoded;
    if (!query.includes('uploadId=')) objects += 1;
    return { status: '200 OK', headers: `ETag: ${etag}\r\n` };
  }
  if (method === 'POST' && query.includes('uploadId=')) {
    objects += 1;
    const body = xml(
      `<CompleteMultipartUploadResult><Bucket>b</Bucket><Key>k</Key><ETag>${etag}</ETag></CompleteMultipartUploadResult>`,
    );
    return { status: '200 OK', body };
  }
  if (method === 'POST' && /^uploads\b|&uploads\b/.test(query)) {
    const body = xml(
      '<InitiateMultipartUploadResult><Bucket>b</Bucket><Key>k</Key><UploadId>u</UploadId></InitiateMultipartUploadResult>',
    );
    return { status: '200 OK', body };
  }
  if (method === 'DELETE') return { status: '204 No Content' };
  if (hasKey && method === 'HEAD') return { status: '404 Not Found' };
  if (hasKey)
    return {
      status: '404 Not Found',
      body: xml('<Error><Code>NoSuchKey</Code><Message>Nothing is kept here.</Message></Error>'),
    };
  return { status: '200 OK', ...(method === 'GET' ? { body: listing } : {}) };
}

/** HTTP/1.1 as S3's clients speak it: a body always has a Content-Length. */
function serve(socket: Socket): void {
  let head = '';
  let left = 0;
  let request: { method: string; target: string; decoded: number } | undefined;
  const finish = () => {
    if (!request) return;
    const { status, headers = '', body = '' } = answer(request.method, request.target, request.decoded);
    socket.write(
      `HTTP/1.1 ${status}\r\n${headers}Content-Length: ${Buffer.byteLength(body)}\r\nContent-Type: application/xml\r\n\r\n${body}`,
    );
    request = undefined;
  };
  socket.setNoDelay(true);
  socket.on('error', () => socket.destroy());
  socket.on('data', (data: Buffer) => {
    for (let at = 0; at < data.length;) {
      if (request) {
        const taken = Math.min(left, data.length - at);
        at += taken;
        left -= taken;
      } else {
        const before = head.length;
        head += data.toString('latin1', at, Math.min(data.length, at + 16_384));
        const end = head.indexOf('\r\n\r\n', Math.max(0, before - 3));
        if (end < 0) return;
        at += end + 4 - before;
        const [, method = '', target = ''] = /^(\S+) (\S+)/.exec(head) ?? [];
        left = Number(/\r\ncontent-length: *(\d+)/i.exec(head.slice(0, end))?.[1] ?? 0);
        const decoded = Number(/\r\nx-amz-decoded-content-length: *(\d+)/i.exec(head.slice(0, end))?.[1] ?? left);
        if (/\r\nexpect: *100-continue/i.test(head.slice(0, end))) socket.write('HTTP/1.1 100 Continue\r\n\r\n');
        request = { method, target, decoded };
        head = '';
      }
      if (left === 0) finish();
    }
  });
}

const server = createServer(serve);
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address !== null && typeof address === 'object') console.log(`export AWS_ENDPOINT_URL=http://127.0.0.1:${address.port}`);
});
// Whoever started it may be gone.
process.stdin.on('end', () => process.exit(0)).resume();
