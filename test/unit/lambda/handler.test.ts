import { describe, expect, test } from '@jest/globals';
import { Refusal } from '../../../src/lambda/answer.ts';
import type { Network } from '../../../src/lambda/fetch-image.ts';
import { createHandler, type HandlerDeps } from '../../../src/lambda/handler.ts';
import type { Invoke } from '../../../src/lambda/invoke-endpoint.ts';

const network: Network = {
  resolve: async () => ['1.2.3.4'],
  get: async () => ({
    status: 200,
    headers: { 'content-type': 'image/jpeg' },
    body: (async function* () {
      yield Buffer.from('jpeg');
    })(),
    close: () => {},
  }),
};

function start(answer: Invoke | string, more: Partial<HandlerDeps> = {}) {
  const lines: string[] = [];
  const asked: string[] = [];
  const invoke: Invoke = async (request) => {
    asked.push(`${request.endpoint} ${request.contentType} ${Buffer.from(request.bytes).toString()}`);
    return typeof answer === 'string' ? Buffer.from(answer) : answer(request);
  };
  const handler = createHandler({ endpoint: 'digits-1', network, invoke, log: (line) => lines.push(line), ...more });
  const call = async (event: unknown, remainingMs = 5000) => {
    const { statusCode, headers, body } = await handler(event, { getRemainingTimeInMillis: () => remainingMs });
    expect(headers).toEqual({ 'content-type': 'application/json' });
    return { statusCode, body: JSON.parse(body) as unknown };
  };
  return { call, lines, asked };
}

const refuse =
  (refusal: unknown): Invoke =>
  async () => {
    throw refusal;
  };
const untilAborted: Invoke = ({ signal }) =>
  new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('Request aborted')), { once: true }));

describe('the handler', () => {
  test('answers the prediction as JSON text', async () => {
    const { call, asked, lines } = start('[[0.25, 0.75]]');
    expect(await call({ pixels: [1] })).toEqual({ statusCode: 200, body: [[0.25, 0.75]] });
    expect(asked).toEqual(['digits-1 application/json {"pixels":[1]}']);
    expect(lines).toEqual([]);
  });

  test('fetches the image of a url and sends its bytes', async () => {
    const { call, asked } = start('[1]');
    expect(await call({ url: 'https://dogs.org/a.jpg' })).toEqual({ statusCode: 200, body: [1] });
    expect(asked).toEqual(['digits-1 image/jpeg jpeg']);
  });

  test.each([
    ['text', 'a dog', 'a dog'],
    ["Python's NaN", '[NaN]', '[NaN]'],
    ['nothing', '', ''],
  ])('answers %s as a JSON string', async (_what, prediction, body) => {
    expect(await start(prediction).call(1)).toEqual({ statusCode: 200, body });
  });

  test.each<[string, Invoke, number, string]>([
    ['a bad event of its own', refuse(new Refusal(424, 'ModelError', 'The model answered 500: no')), 424, 'ModelError'],
    [
      'an endpoint that is gone',
      refuse(new Refusal(502, 'EndpointUnavailable', 'gone', 'account 123')),
      502,
      'EndpointUnavailable',
    ],
    ['bytes that are no text', async () => new Uint8Array([255, 254, 0]), 502, 'UnreadableAnswer'],
    ['an answer that is too large', async () => Buffer.from(JSON.stringify('"'.repeat(2_000_000))), 502, 'AnswerTooLarge'],
    ['what nobody expected', refuse(new TypeError('secret')), 502, 'Unexpected'],
    ['what is no error', refuse('secret'), 502, 'Unexpected'],
  ])('answers %s with a status and a reason', async (_what, invoke, status, code) => {
    const { call, lines } = start(invoke);
    const answer = await call({});
    expect(answer).toMatchObject({ statusCode: status, body: { error: { code } } });
    expect(JSON.stringify(answer)).not.toMatch(/secret|account/);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(new RegExp(`^${status} ${code} "`));
  });

  test('answers in time when the model does not', async () => {
    const { call, lines } = start(untilAborted);
    const started = performance.now();
    expect(await call({}, 700)).toMatchObject({ statusCode: 504, body: { error: { code: 'Timeout' } } });
    expect(performance.now() - started).toBeLessThan(700);
    expect(lines[0]).toMatch(/^504 Timeout/);
  });

  test('keeps line breaks of others out of its log', async () => {
    const { call, lines } = start(refuse(new Refusal(424, 'ModelError', 'a', 'a\n::error::b')));
    await call({});
    expect(lines.join('')).not.toContain('\n');
  });

  test.each([undefined, ''])('says when it has no endpoint (%p)', async (endpoint) => {
    const { call, asked, lines } = start('[1]', { endpoint });
    expect(await call({})).toMatchObject({ statusCode: 502, body: { error: { code: 'EndpointUnavailable' } } });
    expect(asked).toEqual([]);
    expect(lines[0]).toContain('TRAINYARD_ENDPOINT');
  });

  test('never fetches from this machine, and the model is not asked', async () => {
    const { call, asked } = start('[1]');
    expect(await call({ url: 'https://169.254.169.254/latest/meta-data/' })).toMatchObject({ statusCode: 400 });
    expect(asked).toEqual([]);
  });
});
