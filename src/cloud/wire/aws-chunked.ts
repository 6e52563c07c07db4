import { Transform, type TransformCallback } from 'node:stream';
import { AwsError } from '../contract.ts';

const maxLineBytes = 16 * 1024;
const lineEnd = Buffer.from('\r\n');

/**
 * Takes the chunks of `aws-chunked` apart: `<hex size>[;chunk-signature=…]\r\n<bytes>\r\n … 0\r\n<trailer>: <value>\r\n\r\n`.
 * Signatures are not checked. Trailers are complete once the stream has ended; a stream that ends early fails with IncompleteBody.
 */
export class AwsChunkedDecoder extends Transform {
  readonly trailers: Record<string, string> = {};
  #state: 'size' | 'bytes' | 'end of bytes' | 'trailers' | 'done' = 'size';
  #left = 0;
  #line = Buffer.alloc(0);

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    try {
      for (let rest = chunk; rest.length > 0 && this.#state !== 'done';)
        rest = this.#state === 'bytes' ? this.#takeBytes(rest) : this.#takeLine(rest);
      done();
    } catch (error) {
      done(error instanceof Error ? error : new Error(String(error)));
    }
  }

  override _flush(done: TransformCallback): void {
    // The blank line after the last trailer may be missing: some clients leave it out when there is none.
    const complete = this.#state === 'done' || (this.#state === 'trailers' && this.#line.length === 0);
    done(complete ? null : incomplete());
  }

  #takeBytes(rest: Buffer): Buffer {
    const bytes = rest.subarray(0, this.#left);
    this.#left -= bytes.length;
    if (this.#left === 0) this.#state = 'end of bytes';
    this.push(bytes);
    return rest.subarray(bytes.length);
  }

  #takeLine(rest: Buffer): Buffer {
    const held = this.#line.length;
    const all = held > 0 ? Buffer.concat([this.#line, rest]) : rest;
    const end = all.indexOf(lineEnd, Math.max(0, held - 1));
    if (end === -1) {
      if (all.length > maxLineBytes) throw new AwsError('InvalidRequest', 'A line between the chunks of the body is too long.');
      this.#line = Buffer.from(all);
      return Buffer.alloc(0);
    }
    this.#line = Buffer.alloc(0);
    this.#readLine(all.toString('latin1', 0, end));
    return all.subarray(end + 2);
  }

  #readLine(line: string): void {
    if (this.#state === 'end of bytes') {
      if (line !== '') throw incomplete();
      this.#state = 'size';
    } else if (this.#state === 'size') {
      const size = /^([0-9a-f]{1,8})(;.*)?$/i.exec(line)?.[1];
      if (size === undefined)
        throw new AwsError('InvalidRequest', 'The size of a chunk of the body is not a hexadecimal number.');
      this.#left = Number.parseInt(size, 16);
      this.#state = this.#left === 0 ? 'trailers' : 'bytes';
    } else if (line === '') {
      this.#state = 'done';
    } else {
      const colon = line.indexOf(':');
      if (colon > 0) this.trailers[line.slice(0, colon).trim().toLowerCase()] = line.slice(colon + 1).trim();
    }
  }
}

function incomplete(): AwsError {
  return new AwsError('IncompleteBody', 'The request body terminated unexpectedly');
}
