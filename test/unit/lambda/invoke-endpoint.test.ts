import { SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import { afterEach, describe, expect, test } from '@jest/globals';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Refusal } from '../../../src/lambda/answer.ts';
import { createInvoke } from '../../../src/lambda/invoke-endpoint.ts';

// The unchanged client against what AWS puts on the wire.
let server: Server;
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const endpoint = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
  const invoke = createInvoke(new SageMakerRuntimeClient({ endpoint, region: 'us-east-1', credentials, maxAttempts: 1 }));
  return (signal = AbortSignal.timeout(5000)) =>
    invoke({ endpoint: 'digits-1', bytes: Buffer.from('[1]'), contentType: 'application/json', signal });
}

const fail = (status: number, type: string, body: object) =>
  serve((_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json', 'x-amzn-errortype': type }).end(JSON.stringify(body));
  });

const refusalOf = async (work: Promise<unknown>): Promise<Refusal> => {
  const error: unknown = await work.catch((reason: unknown) => reason);
  if (error instanceof Refusal) return error;
  throw new Error('It was not refused.', { cause: error });
};

describe('createInvoke', () => {
  test('sends the content to the endpoint and asks for JSON', async () => {
    const seen: unknown[] = [];
    const invoke = await serve((request, response) => {
      seen.push([request.method, request.url, request.headers['content-type'], request.headers.accept]);
      request.resume().on('end', () => response.end('[[1]]'));
    });
    expect(Buffer.from(await invoke()).toString()).toBe('[[1]]');
    expect(seen).toEqual([['POST', '/endpoints/digits-1/invocations', 'application/json', 'application/json']]);
  });

  test("passes on the model's own status and message, shortened", async () => {
    const invoke = await fail(424, 'ModelError', {
      Message: 'Received server error (500) from primary with message "…". See https://… in account 123456789012',
      OriginalStatusCode: 500,
      OriginalMessage: `ValueError: 64 pixels expected\n${'at line\n'.repeat(500)}`,
    });
    const refusal = await refusalOf(invoke());
    expect(refusal).toMatchObject({ status: 424, code: 'ModelError' });
    expect(refusal).toHaveProperty('message', expect.stringMatching(/^The model answered 500: ValueError: 64 pixels expected\n/));
    expect(refusal.message.length).toBeLessThanOrEqual(1001);
  });

  test.each([
    [400, 'ValidationError', 'Endpoint digits-1 of account 123456789012 not found.'],
    [403, 'AccessDeniedException', 'User: arn:aws:sts::123456789012:assumed-role/x is not authorized'],
    [500, 'InternalFailure', 'An internal failure occurred in account 123456789012.'],
    [503, 'ServiceUnavailable', 'The service is unavailable for 123456789012.'],
  ])('says of %d %s only that the endpoint is not there', async (status, type, message) => {
    const refusal = await refusalOf((await fail(status, type, { message }))());
    expect(refusal).toMatchObject({ status: 502, code: 'EndpointUnavailable', detail: expect.stringContaining('123456789012') });
    expect(refusal.message).not.toContain('123456789012');
  });

  test('leaves the end of time to the caller', async () => {
    const invoke = await serve(() => {});
    await expect(invoke(AbortSignal.timeout(50))).rejects.toMatchObject({ name: 'AbortError' });
  });
});
