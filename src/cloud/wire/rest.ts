import type { Codec } from '@smithy/types';
import { type ShapedError, shapeError } from './errors.ts';
import type { Operation } from './operation.ts';
import type { Protocol } from './protocol.ts';
import { readRest } from './rest-read.ts';
import { writeRest } from './rest-write.ts';

/** What differs between REST-JSON, REST-XML and S3. */
export interface RestDialect {
  /** The bucket is the first segment of the path, before the template. */
  readonly bucketInPath: boolean;
  readonly contentType: string;
  readonly requestIdHeader: string;
  /** Code for a body that cannot be read. */
  readonly malformedCode: string;
  codec(): Codec<string | Uint8Array, string | Uint8Array>;
  writeError(error: ShapedError, requestId: string): string;
  /** The bodies of answers that are not what their schema says. */
  findSpecial?(operation: Operation, output: Record<string, unknown>): string | undefined;
}

/** REST: labels in the path, members in query and headers, the rest or one payload member in the body. */
export function rest(dialect: RestDialect): Protocol {
  return {
    read: (operation, request) => readRest(dialect, operation, request),

    write: (_service, operation, output, requestId) => writeRest(dialect, operation, output, requestId),

    fail(service, error, requestId) {
      const shaped = shapeError(service, error);
      const headers = {
        'content-type': dialect.contentType,
        [dialect.requestIdHeader]: requestId,
        'x-amzn-errortype': shaped.name,
      };
      return { status: shaped.status, headers, body: dialect.writeError(shaped, requestId) };
    },
  };
}
