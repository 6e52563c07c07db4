import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

/** One event on its way to a worker. */
export interface Delivery {
  readonly requestId: string;
  readonly payload: Uint8Array;
  /** ARN the function was called by, with its qualifier. */
  readonly functionArn: string;
  readonly deadline: Date;
}

/** What the worker said to a delivery. */
export interface RuntimeAnswer {
  readonly kind: 'response' | 'error' | 'too large';
  readonly body: Uint8Array;
  /** Of a response that is too large, as far as it was read. */
  readonly bytes: number;
  /** Most memory the worker has used so far, as it says itself. */
  readonly memoryBytes: number | undefined;
}

interface RuntimeApiEvents {
  /** The worker asks for an event, for the first time or again. */
  readonly onNext: () => void;
  /** It could not start, and says why. */
  readonly onInitError: (body: Uint8Array) => void;
}

export interface RuntimeApi {
  /** `127.0.0.1:<port>`, for AWS_LAMBDA_RUNTIME_API. */
  readonly address: string;
  /**
   * Hands over an event when the worker asks for one. Never settles when the worker ends without an answer.
   * @param onTaken the worker has it now
   */
  deliver(delivery: Delivery, onTaken: () => void): Promise<RuntimeAnswer>;
  close(): void;
}

/** Of an answer, on AWS and here. */
export const maxAnswerBytes = 6_291_556;
const prefix = '/2018-06-01/runtime/';

/** The Runtime API of one worker, on a port of its own: whatever asks there is that worker. */
export async function startRuntimeApi({ onNext, onInitError }: RuntimeApiEvents): Promise<RuntimeApi> {
  let asking: ServerResponse | undefined;
  let waiting: ((response: ServerResponse) => void) | undefined;
  let current: { requestId: string; answer: (answer: RuntimeAnswer) => void } | undefined;

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '').startsWith(prefix) ? (request.url ?? '').slice(prefix.length) : '';
    if (request.method === 'GET' && path === 'invocation/next') {
      asking = response;
      waiting?.(response);
      return onNext();
    }
    const { body, bytes } = await readBody(request);
    if (request.method === 'POST' && path === 'init/error') {
      onInitError(body);
      return reply(response, 202, { status: 'OK' });
    }
    const [, requestId, kind] = /^invocation\/([\w-]+)\/(response|error)$/.exec(path) ?? [];
    if (request.method !== 'POST' || requestId === undefined || !isKind(kind))
      return reply(response, 404, { errorType: 'NotFound', errorMessage: `There is no ${request.method} ${request.url}.` });
    if (current?.requestId !== requestId)
      return reply(response, 400, { errorType: 'InvalidRequestID', errorMessage: `Invalid request ID ${requestId}` });
    const { answer } = current;
    current = undefined;
    const memoryKilobytes = Number(request.headers['x-memory-kilobytes'] ?? Number.NaN);
    answer({
      kind: bytes > maxAnswerBytes ? 'too large' : kind,
      body,
      bytes,
      memoryBytes: Number.isFinite(memoryKilobytes) ? memoryKilobytes * 1024 : undefined,
    });
    return reply(response, bytes > maxAnswerBytes ? 413 : 202, { status: 'OK' });
  }

  const server = createServer((request, response) => {
    handle(request, response).catch(() => request.socket.destroy());
  });
  // A worker keeps its one connection over the whole time its handler takes.
  server.keepAliveTimeout = 0;
  server.requestTimeout = 0;
  const port = await listen(server);
  return {
    address: `127.0.0.1:${port}`,
    deliver: (delivery, onTaken) =>
      new Promise((resolve) => {
        waiting = (response) => {
          asking = undefined;
          waiting = undefined;
          current = { requestId: delivery.requestId, answer: resolve };
          onTaken();
          handOver(delivery, response);
        };
        if (asking) waiting(asking);
      }),
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function handOver({ requestId, deadline, functionArn, payload }: Delivery, response: ServerResponse): void {
  response.writeHead(200, {
    'content-type': 'application/json',
    'content-length': payload.byteLength,
    'lambda-runtime-aws-request-id': requestId,
    'lambda-runtime-deadline-ms': deadline.getTime(),
    'lambda-runtime-invoked-function-arn': functionArn,
  });
  response.end(payload);
}

const isKind = (kind: string | undefined): kind is 'response' | 'error' => kind === 'response' || kind === 'error';

/** At most a little more than an answer may have; the rest is counted and forgotten. */
async function readBody(request: IncomingMessage): Promise<{ body: Buffer; bytes: number }> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= maxAnswerBytes) chunks.push(chunk);
  }
  return { body: Buffer.concat(chunks), bytes };
}

function reply(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(address !== null && typeof address === 'object' ? address.port : 0);
    });
  });
}
