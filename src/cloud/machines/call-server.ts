import { request, type Agent, type IncomingHttpHeaders } from 'node:http';

export interface ServerRequest {
  readonly agent: Agent;
  readonly address: string;
  readonly port: number;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** From the first byte sent to the last one received. */
  readonly timeoutMs: number;
}

export interface ServerAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** What real-time endpoints carry in a request or an answer (the model of InvokeEndpoint, 2026-11-21). */
export const maxPayloadBytes = 6_291_456;

export class ServerTimeout extends Error {}
export class AnswerTooLong extends Error {}

/** One call of a server on this machine. @throws ServerTimeout, AnswerTooLong, or what the connection failed with */
export function callServer(plan: ServerRequest): Promise<ServerAnswer> {
  const { agent, address, port, method, path, headers = {}, body, timeoutMs } = plan;
  return new Promise((resolve, reject) => {
    const sent = request({
      agent,
      host: address,
      port,
      method,
      path,
      headers: { ...headers, 'content-length': String(body?.byteLength ?? 0) },
    });
    const timer = setTimeout(() => sent.destroy(new ServerTimeout(`no answer within ${timeoutMs} ms`)), timeoutMs);
    const fail = (error: Error) => {
      clearTimeout(timer);
      reject(error);
    };
    sent.once('error', fail);
    sent.once('response', (answer) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      answer.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        chunks.push(chunk);
        if (bytes > maxPayloadBytes) sent.destroy(new AnswerTooLong(`the answer is longer than ${maxPayloadBytes} bytes`));
      });
      answer.once('error', fail);
      answer.once('end', () => {
        clearTimeout(timer);
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks) });
      });
    });
    sent.end(body);
  });
}
