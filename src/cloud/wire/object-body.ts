import { createHash } from 'node:crypto';
import { Transform, type TransformCallback } from 'node:stream';
import { AwsError } from '../contract.ts';
import { createChecksum, isChecksumHeader } from './checksum.ts';
import type { RunningChecksum } from './crc.ts';

type Headers = Readonly<Record<string, string | undefined>>;

/**
 * The bytes of a request, checked on their way: at the end the stream fails with BadDigest, XAmzContentSHA256Mismatch or IncompleteBody
 * when they are not what headers or trailers promised. What was promised and true is then in `checksums`.
 */
export class ObjectBody extends Transform {
  /** By header name, base64; complete at the end of the stream. */
  readonly checksums: Record<string, string> = {};
  #bytes = 0;
  readonly #promises: Promises;

  constructor(headers: Headers, trailers: Headers) {
    super();
    this.#promises = readPromises(headers, trailers);
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#bytes += chunk.length;
    for (const { running } of this.#promises.checks) running.update(chunk);
    done(null, chunk);
  }

  override _flush(done: TransformCallback): void {
    const { bytes, checks } = this.#promises;
    if (bytes !== undefined && bytes !== this.#bytes) {
      return done(
        new AwsError('IncompleteBody', 'You did not provide the number of bytes specified by the Content-Length HTTP header'),
      );
    }
    for (const { header, running, encoding, expected, code, message } of checks) {
      const computed = running.digest().toString(encoding);
      if (computed !== expected()) return done(new AwsError(code, message, { status: 400 }));
      if (isChecksumHeader(header)) this.checksums[header] = computed;
    }
    done();
  }
}

interface Check {
  readonly header: string;
  readonly running: RunningChecksum;
  readonly encoding: 'base64' | 'hex';
  readonly code: string;
  readonly message: string;
  readonly expected: () => string | undefined;
}

interface Promises {
  readonly bytes: number | undefined;
  readonly checks: readonly Check[];
}

function readPromises(headers: Headers, trailers: Headers): Promises {
  const length = headers['x-amz-decoded-content-length'];
  const announced = (headers['x-amz-trailer'] ?? '').split(',').map((name) => name.trim().toLowerCase());
  const checks = [
    ...Object.keys(headers).map((name) => checksumOf(name, () => headers[name])),
    ...announced.map((name) => checksumOf(name, () => trailers[name])),
    ...digests(headers),
  ].filter((check) => check !== undefined);
  return { bytes: length === undefined ? undefined : Number(length), checks };
}

function checksumOf(header: string, expected: () => string | undefined): Check | undefined {
  const running = createChecksum(header);
  const algorithm = header.slice(header.lastIndexOf('-') + 1).toUpperCase();
  const message = `The ${algorithm} you specified did not match the calculated checksum.`;
  return running && { header, running, encoding: 'base64', expected, code: 'BadDigest', message };
}

function digests(headers: Headers): Check[] {
  const [md5, sha256] = [headers['content-md5'], headers['x-amz-content-sha256']];
  const checks: Check[] = [];
  if (md5 !== undefined) {
    const message = 'The Content-MD5 you specified did not match what we received.';
    checks.push({
      header: 'content-md5',
      running: createHash('md5'),
      encoding: 'base64',
      expected: () => md5,
      code: 'BadDigest',
      message,
    });
  }
  // Otherwise UNSIGNED-PAYLOAD or STREAMING-….
  if (sha256 !== undefined && /^[0-9a-f]{64}$/.test(sha256)) {
    const message = "The provided 'x-amz-content-sha256' header does not match what was computed.";
    const code = 'XAmzContentSHA256Mismatch';
    checks.push({
      header: 'x-amz-content-sha256',
      running: createHash('sha256'),
      encoding: 'hex',
      expected: () => sha256,
      code,
      message,
    });
  }
  return checks;
}
