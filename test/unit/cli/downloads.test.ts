import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type DownloadServer, startDownloads } from '../../../src/cli/rehearse/download-server.ts';
import { listDownloads } from '../../../src/cli/rehearse/downloads.ts';
import { parseSpec } from '../../../src/spec/parse.ts';

let root: string;
let server: DownloadServer;
const text = '0123456789';
const etag = async () => (await ask('/host.example.com/a/dogs.zip')).headers.get('etag') ?? '';
const ask = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  fetch(server.url + path, { headers, method, redirect: 'manual' });

function specOf(...addresses: string[]) {
  const channels = addresses.map((address, index) => `  c${index}: { from: '${address}', to: 's3://some-bucket/c${index}' }`);
  const parsed = parseSpec(`name: dogs\ndata:\n${channels.join('\n')}\n`, 'trainyard.yml');
  if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems));
  return parsed.spec;
}

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'trainyard-test-'));
  for (const [path, content] of Object.entries({ 'm/rehearsal/dogs.zip': text, 'm/rehearsal/a b.zip': 'x', 'm/secret': 's' })) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  const addresses = ['https://host.example.com/a/dogs.zip', 'https://host.example.com/q.zip?version=2'];
  server = await startDownloads(root, listDownloads(root, 'm/trainyard.yml', [specOf(...addresses)]));
});
afterAll(() => {
  server.close();
  rmSync(root, { recursive: true, force: true });
});

describe('the file that plays a download', () => {
  test.each([
    ['https://host.example.com/a/dogs.zip', 'm/rehearsal/dogs.zip'],
    ['https://other.example.com/dogs.zip?x=1', 'm/rehearsal/dogs.zip'],
    ['https://host.example.com/a%20b.zip', 'm/rehearsal/a b.zip'],
    ['https://host.example.com/cats.zip', undefined],
    ['https://host.example.com/..%2Fsecret', undefined],
    ['https://host.example.com/%E0%A4%A.zip', undefined],
    ['https://host.example.com/', undefined],
  ])('of %s is %s', (address, file) => {
    const [download] = listDownloads(root, 'm/trainyard.yml', [specOf(address)]);
    expect(download?.file).toBe(file);
  });

  test('is listed once, however many specs name the address', () => {
    const spec = specOf('https://host.example.com/a/dogs.zip');
    expect(listDownloads(root, 'm/trainyard.yml', [spec, spec])).toHaveLength(1);
  });
});

describe('the server of the downloads', () => {
  test.each([
    [undefined, 200, text, undefined],
    ['bytes=2-4', 206, '234', 'bytes 2-4/10'],
    ['bytes=7-', 206, '789', 'bytes 7-9/10'],
    ['bytes=-3', 206, '789', 'bytes 7-9/10'],
    ['bytes=-30', 206, text, 'bytes 0-9/10'],
    ['bytes=8-30', 206, '89', 'bytes 8-9/10'],
    ['bytes=10-', 416, '', 'bytes */10'],
    ['bytes=-0', 416, '', 'bytes */10'],
    ['bytes=4-2', 200, text, undefined],
    ['bytes=0-1,3-4', 200, text, undefined],
    ['bytes=-', 200, text, undefined],
  ])('answers the range %s with %i', async (range, status, body, contentRange) => {
    const answer = await ask('/host.example.com/a/dogs.zip', range === undefined ? {} : { range });
    expect([answer.status, await answer.text(), answer.headers.get('content-range') ?? undefined]).toEqual([
      status,
      body,
      contentRange,
    ]);
    expect(answer.headers.get('accept-ranges')).toBe('bytes');
  });

  test('a range of another state is answered with the whole file', async () => {
    const range = 'bytes=2-4';
    expect((await ask('/host.example.com/a/dogs.zip', { range, 'if-range': '"other"' })).status).toBe(200);
    expect((await ask('/host.example.com/a/dogs.zip', { range, 'if-range': await etag() })).status).toBe(206);
    expect((await ask('/host.example.com/a/dogs.zip', { 'if-none-match': await etag() })).status).toBe(304);
    expect((await ask('/host.example.com/a/dogs.zip', { 'if-match': '"other"' })).status).toBe(412);
  });

  test('HEAD tells the length without the bytes; nothing else is allowed', async () => {
    const answer = await ask('/host.example.com/a/dogs.zip', {}, 'HEAD');
    expect([answer.status, answer.headers.get('content-length'), await answer.text()]).toEqual([200, '10', '']);
    expect((await ask('/host.example.com/a/dogs.zip', {}, 'PUT')).status).toBe(405);
  });

  test('what no file plays is sent on to its real address; what no spec names is not there', async () => {
    const answer = await ask('/host.example.com/q.zip?version=2');
    expect([answer.status, answer.headers.get('location')]).toEqual([307, 'https://host.example.com/q.zip?version=2']);
    for (const path of ['/host.example.com/q.zip', '/m/secret', '/host.example.com/../m/secret', '/'])
      expect((await ask(path)).status).toBe(404);
  });
});
