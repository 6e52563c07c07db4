import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createPublicNetwork } from '../../../src/lambda/public-network.ts';

// What is connected to is an address; who is spoken to is a name. A real TLS server tells whether both hold.
let folder: string;
let server: Server;
let ca: string;
let names: string[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trainyard-tls-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const subject = ['-subj', '/CN=dogs.example', '-addext', 'subjectAltName=DNS:dogs.example,IP:127.0.0.1'];
  const make = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', ...subject];
  await promisify(execFile)('openssl', [...make, '-keyout', key, '-out', cert]);
  ca = await readFile(cert, 'utf8');
  server = createServer({ key: await readFile(key), cert: ca }, (request, response) => {
    names.push(`${request.headers.host} ${request.url} ${request.headers['accept-encoding']}`);
    response.writeHead(200, { 'content-type': 'image/png' }).end('bytes');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true, force: true });
});

function portOf(listening: Server): number {
  const address = listening.address();
  return address !== null && typeof address === 'object' ? address.port : 0;
}

const get = (url: string, trusted = ca) => {
  names = [];
  return createPublicNetwork({ port: portOf(server), ca: trusted }).get({
    url: new URL(url),
    address: '127.0.0.1',
    signal: AbortSignal.timeout(5000),
  });
};

test('connects to the address and asks for the name', async () => {
  const response = await get('https://dogs.example/a.png?b=1');
  const chunks: Uint8Array[] = [];
  for await (const chunk of response.body) chunks.push(chunk);
  expect([response.status, response.headers['content-type'], Buffer.concat(chunks).toString()]).toEqual([
    200,
    'image/png',
    'bytes',
  ]);
  expect(names).toEqual(['dogs.example /a.png?b=1 identity']);
});

test('takes an address for a name where the URL has one', async () => {
  const response = await get('https://127.0.0.1/a.png');
  response.close();
  expect(response.status).toBe(200);
});

test("refuses a server that is not the name's", async () => {
  await expect(get('https://cats.example/a.png')).rejects.toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
  expect(names).toEqual([]);
});

test('trusts public certificates only', async () => {
  const network = createPublicNetwork({ port: portOf(server) });
  const asking = network.get({ url: new URL('https://dogs.example/'), address: '127.0.0.1', signal: AbortSignal.timeout(5000) });
  await expect(asking).rejects.toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
});
