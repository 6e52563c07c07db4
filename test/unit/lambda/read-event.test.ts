import { describe, expect, test } from '@jest/globals';
import { Refusal } from '../../../src/lambda/answer.ts';
import { readEvent } from '../../../src/lambda/read-event.ts';

const contentOf = (event: unknown) => {
  const wish = readEvent(event);
  return wish.kind === 'content' ? [Buffer.from(wish.bytes).toString('latin1'), wish.contentType] : wish;
};

describe('readEvent', () => {
  test.each([
    ['an object', { pixels: [1, 2] }, '{"pixels":[1,2]}'],
    ['a list', [[1, 2]], '[[1,2]]'],
    ['a number', 5, '5'],
    ['null', null, 'null'],
    ['nothing', undefined, 'null'],
    ['a url beside other members', { url: 'https://example.org', text: 'a' }, '{"url":"https://example.org","text":"a"}'],
    ['a body that is no text', { body: { a: 1 } }, '{"body":{"a":1}}'],
  ])('sends %s as it is', (_what, event, text) => expect(contentOf(event)).toEqual([text, 'application/json']));

  test.each([
    ['alone', { url: 'https://example.org/dog.jpg' }],
    ['in a request', { body: '{"url":"https://example.org/dog.jpg"}', headers: {} }],
    [
      'in a base64 request',
      {
        body: btoa('{"url":"https://example.org/dog.jpg"}'),
        isBase64Encoded: true,
        headers: { 'Content-Type': 'application/json; charset=utf-8' },
      },
    ],
  ])('finds the url %s', (_where, event) =>
    expect(readEvent(event)).toEqual({ kind: 'image', url: 'https://example.org/dog.jpg' }),
  );

  test.each([
    ['JSON where nothing is said', { body: '[1]', headers: null }, '[1]', 'application/json'],
    [
      'an image',
      { body: '/9j/', isBase64Encoded: true, headers: { 'content-type': 'image/jpeg' } },
      '\xff\xd8\xff',
      'image/jpeg',
    ],
    [
      'CSV',
      { body: '1,2', isBase64Encoded: false, headers: { 'CONTENT-TYPE': 'text/csv' }, requestContext: {} },
      '1,2',
      'text/csv',
    ],
  ])('sends the body of a request: %s', (_what, event, text, type) => expect(contentOf(event)).toEqual([text, type]));

  const huge = 'x'.repeat(6_291_457);
  test.each([
    ['no body', { body: null, isBase64Encoded: false }, 400, 'NoBody'],
    ['an empty body', { body: '', headers: {} }, 400, 'NoBody'],
    ['a body of another type', { body: 5, requestContext: {} }, 400, 'NoBody'],
    ['a wrong flag', { body: 'a', isBase64Encoded: 'yes' }, 400, 'BadEvent'],
    ['bad base64', { body: '%%%', isBase64Encoded: true, headers: { 'content-type': 'image/png' } }, 400, 'BadBase64'],
    ['bad JSON', { body: '{"a":', headers: { 'content-type': 'application/json' } }, 400, 'BadJson'],
    ['a url that is no text', { url: 5 }, 400, 'BadUrl'],
    ['bytes of no type', { body: '/9j/', isBase64Encoded: true }, 415, 'NoContentType'],
    ['a type with a line break', { body: 'a', headers: { 'content-type': 'text/plain\r\nx-evil: 1' } }, 415, 'BadContentType'],
    ['a type that is none', { body: 'a', headers: { 'content-type': 'jpeg' } }, 415, 'BadContentType'],
    ['a form', { body: 'a=1', headers: { 'content-type': 'application/x-www-form-urlencoded' } }, 415, 'UnsupportedContentType'],
    [
      'a form with files',
      { body: 'a', headers: { 'content-type': 'multipart/form-data; boundary=x' } },
      415,
      'UnsupportedContentType',
    ],
    ['too much JSON', { text: huge }, 413, 'TooLarge'],
    ['too much of a body', { body: huge, headers: { 'content-type': 'text/plain' } }, 413, 'TooLarge'],
  ])('refuses %s', (_what, event, status, code) => {
    const refusal = catchError(() => readEvent(event));
    expect(refusal).toBeInstanceOf(Refusal);
    expect(refusal).toMatchObject({ status, code });
  });
});

function catchError(act: () => unknown): unknown {
  try {
    return act();
  } catch (error) {
    return error;
  }
}
