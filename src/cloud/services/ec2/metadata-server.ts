import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { MetadataAnswer, MetadataRequest } from './metadata.ts';
import { shutdownPath } from './shutdown.ts';

export interface MetadataServer {
  readonly host: string;
  readonly port: number;
  close(): void;
}

/** Answers at the machine's own loopback address. @param shutdown what the machine's `shutdown` command asks for */
export async function startMetadataServer(
  host: string,
  answer: (request: MetadataRequest) => MetadataAnswer,
  shutdown: (args: readonly string[]) => { code: number; text: string },
): Promise<MetadataServer> {
  const server = createServer((request, response) => void handle(request, response).catch(() => request.socket.destroy()));
  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [path = '/'] = (request.url ?? '/').split('?');
    const body = await readBody(request);
    if (path === shutdownPath && request.method === 'POST') {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(shutdown(parseArguments(body))));
      return;
    }
    const { status, body: text, headers = {} } = answer({ method: request.method ?? 'GET', path, headers: request.headers });
    response.writeHead(status, { 'content-type': 'text/plain', server: 'EC2ws', ...headers }).end(text, 'latin1');
  }
  const port = await new Promise<number>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, host, () => {
      const address = server.address();
      resolve(address !== null && typeof address === 'object' ? address.port : 0);
    });
  });
  return {
    host,
    port,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

const mostBytes = 64 * 1024;

async function readBody(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request as AsyncIterable<Buffer>) {
    text += chunk.toString();
    if (text.length > mostBytes) throw new Error('The body is too long.');
  }
  return text;
}

function parseArguments(text: string): string[] {
  const value: unknown = JSON.parse(text);
  return Array.isArray(value) ? value.map(String) : [];
}
