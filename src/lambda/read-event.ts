import { mostBytes, Refusal } from './answer.ts';

/** What the caller wants predicted: an image to fetch first, or content as it is. */
export type Wish =
  | { readonly kind: 'image'; readonly url: string }
  | { readonly kind: 'content'; readonly bytes: Uint8Array; readonly contentType: string };

/**
 * Reads an event: `{ "url": "https://…" }`, a request of API Gateway or of a function URL (`{ "body", "isBase64Encoded", "headers" }`),
 * or any other JSON, which is content itself. @throws Refusal
 */
export function readEvent(event: unknown): Wish {
  if (isRecord(event) && isHttpRequest(event)) return readHttp(event);
  return readJson(event, Buffer.from(JSON.stringify(event) ?? 'null'), 'application/json');
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Text as `body`, or something else there of a request that has the other signs of one. */
function isHttpRequest(event: Readonly<Record<string, unknown>>): boolean {
  return typeof event['body'] === 'string' || 'isBase64Encoded' in event || 'requestContext' in event;
}

function readHttp({ body, isBase64Encoded = false, headers }: Readonly<Record<string, unknown>>): Wish {
  if (typeof body !== 'string' || body === '') throw new Refusal(400, 'NoBody', 'The request has no body.');
  if (typeof isBase64Encoded !== 'boolean') throw new Refusal(400, 'BadEvent', 'isBase64Encoded must be true or false.');
  const bytes = isBase64Encoded ? decodeBase64(body) : Buffer.from(body);
  checkSize(bytes);
  const contentType = readContentType(headers, isBase64Encoded);
  if (!/^application\/(?:[\w.+-]+\+)?json\b/i.test(contentType)) return { kind: 'content', bytes, contentType };
  return readJson(parseJson(bytes), bytes, contentType);
}

/** The same event means the same, whichever way it came. */
function readJson(value: unknown, bytes: Uint8Array, contentType: string): Wish {
  checkSize(bytes);
  if (!isRecord(value) || !('url' in value) || Object.keys(value).length !== 1) return { kind: 'content', bytes, contentType };
  if (typeof value['url'] !== 'string')
    throw new Refusal(400, 'BadUrl', 'url must be a text such as "https://example.org/dog.jpg".');
  return { kind: 'image', url: value['url'] };
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString());
  } catch {
    throw new Refusal(400, 'BadJson', 'The content type says JSON and the body is not.');
  }
}

function decodeBase64(text: string): Uint8Array {
  if (!/^[A-Za-z0-9+/_-]*={0,2}$/.test(text))
    throw new Refusal(400, 'BadBase64', 'isBase64Encoded is true and the body is not base64.');
  return Buffer.from(text, 'base64');
}

function checkSize(bytes: Uint8Array): void {
  if (bytes.byteLength > mostBytes)
    throw new Refusal(413, 'TooLarge', `The body has ${bytes.byteLength} bytes; the model takes at most ${mostBytes}.`);
}

/** What a browser's form sends, and no model reads. */
const forms = /^(?:multipart\/|application\/x-www-form-urlencoded\b)/i;
const wellFormed = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(?:\s*;[\x20-\x7e]*)?$/;

function readContentType(headers: unknown, isBinary: boolean): string {
  const all = isRecord(headers) ? Object.entries(headers) : [];
  const [, given] = all.find(([name]) => name.toLowerCase() === 'content-type') ?? [];
  if (given === undefined && !isBinary) return 'application/json';
  if (given === undefined)
    throw new Refusal(
      415,
      'NoContentType',
      'The body is binary: say what it is with a content-type header, for example image/jpeg.',
    );
  if (typeof given !== 'string' || given.length > 1024 || !wellFormed.test(given.trim()))
    throw new Refusal(415, 'BadContentType', 'The content-type header is not a content type.');
  if (forms.test(given.trim()))
    throw new Refusal(415, 'UnsupportedContentType', 'Forms are not taken: send the image or the JSON itself as the body.');
  return given.trim();
}
