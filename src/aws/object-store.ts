import { GetObjectCommand, HeadObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { ActionError } from '../action-error.ts';
import type { StoredObject, StreamingObjectStore } from '../records/ports.ts';
import type { Clients } from './clients.ts';
import { call, findCode } from './errors.ts';
import { parseS3Uri } from './s3-uri.ts';

const maxTextBytes = 8 * 2 ** 20;
/** S3 takes at most 10,000 parts of at least 5 MiB. */
const partBytes = (bytes: number) => Math.max(8 * 2 ** 20, Math.ceil(bytes / 9_000));
const missing = new Set(['NoSuchKey', 'NotFound', '404']);
const unquote = (etag: string | undefined) => (etag ?? '').replaceAll('"', '');

/** Objects in S3. Nothing is held in memory as a whole but texts. */
export function createObjectStore(clients: Clients): StreamingObjectStore {
  const s3 = clients.of(S3Client);

  /** By listing what every role may list: unlike HeadBucket's, the answer has a body that says what is wrong. */
  async function checkBucket(bucket: string): Promise<void> {
    const command = new ListObjectsV2Command({ Bucket: bucket, Prefix: 'trainyard/main/', MaxKeys: 1 });
    await call({ action: 's3:ListBucket', resource: `the bucket ${bucket}` }, () => s3.send(command));
  }

  /** The answer, or undefined for an object that is not there; a bucket that is not there is an error. */
  async function orMissing<Answer>(uri: string, send: () => Promise<Answer>): Promise<Answer | undefined> {
    try {
      return await send();
    } catch (error) {
      const code = findCode(error);
      if (code === undefined || !missing.has(code)) throw error;
      // A HEAD has no body: its 404 may also mean that the bucket is missing.
      if (code !== 'NoSuchKey') await checkBucket(parseS3Uri(uri).bucket);
      return undefined;
    }
  }

  async function head(uri: string): Promise<{ bytes: number; etag: string } | undefined> {
    const { bucket, key } = parseS3Uri(uri);
    const command = new HeadObjectCommand({ Bucket: bucket, Key: key });
    const answer = await call({ action: 's3:GetObject', resource: uri }, () => orMissing(uri, () => s3.send(command)));
    return answer && { bytes: answer.ContentLength ?? 0, etag: unquote(answer.ETag) };
  }

  async function readText(uri: string): Promise<string | undefined> {
    const { bucket, key } = parseS3Uri(uri);
    const command = new GetObjectCommand({ Bucket: bucket, Key: key });
    return call({ action: 's3:GetObject', resource: uri }, async () => {
      const answer = await orMissing(uri, () => s3.send(command));
      return answer?.Body && readBounded(uri, answer.Body.transformToWebStream());
    });
  }

  async function openRead(uri: string): Promise<Readable | undefined> {
    const { bucket, key } = parseS3Uri(uri);
    const command = new GetObjectCommand({ Bucket: bucket, Key: key });
    const answer = await call({ action: 's3:GetObject', resource: uri }, () => orMissing(uri, () => s3.send(command)));
    const body = answer?.Body;
    if (body === undefined || body instanceof Readable) return body;
    throw new TypeError(`${uri} came as something that is no stream.`);
  }

  async function writeText(uri: string, text: string, contentType: string): Promise<void> {
    const { bucket, key } = parseS3Uri(uri);
    const command = new PutObjectCommand({ Bucket: bucket, Key: key, Body: text, ContentType: contentType });
    await call({ action: 's3:PutObject', resource: uri }, () => s3.send(command));
  }

  async function writeFile(uri: string, path: string, contentType: string): Promise<void> {
    const { bucket, key } = parseS3Uri(uri);
    const { size } = await stat(path);
    const body = createReadStream(path);
    try {
      const upload = new Upload({
        client: s3,
        params: { Bucket: bucket, Key: key, Body: body, ContentType: contentType },
        partSize: partBytes(size),
      });
      await call({ action: 's3:PutObject', resource: uri }, () => upload.done());
    } finally {
      body.destroy();
    }
  }

  async function list(uri: string): Promise<StoredObject[]> {
    const { bucket, key } = parseS3Uri(uri);
    const found: StoredObject[] = [];
    let token: string | undefined;
    do {
      // Encoded, because a key may hold characters that XML cannot.
      const command = new ListObjectsV2Command({ Bucket: bucket, Prefix: key, EncodingType: 'url', ContinuationToken: token });
      const page = await call({ action: 's3:ListBucket', resource: `the bucket ${bucket}` }, () => s3.send(command));
      const decode = (text: string) => (page.EncodingType === 'url' ? decodeURIComponent(text.replaceAll('+', ' ')) : text);
      for (const { Key, Size, ETag } of page.Contents ?? []) {
        if (Key !== undefined) found.push({ uri: `s3://${bucket}/${decode(Key)}`, bytes: Size ?? 0, etag: unquote(ETag) });
      }
      token = page.IsTruncated ? page.NextContinuationToken : undefined;
    } while (token !== undefined);
    return found;
  }

  return { checkBucket, head, readText, openRead, writeText, writeFile, list };
}

async function readBounded(uri: string, body: ReadableStream): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // Leaving the loop early cancels the stream, so nothing more is transferred.
  for await (const chunk of body) {
    if (!(chunk instanceof Uint8Array)) throw new TypeError(`${uri} gave something that is not bytes.`);
    bytes += chunk.length;
    if (bytes > maxTextBytes) {
      throw new ActionError({
        kind: 'aws',
        message: `${uri} has more than 8 MiB; a text was expected.`,
        fix: 'Remove that object.',
      });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
