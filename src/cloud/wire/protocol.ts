import type { Readable } from 'node:stream';
import type { AwsError } from '../contract.ts';
import type { ObjectBody } from './object-body.ts';
import type { Operation, WireService } from './operation.ts';

/** A request after HTTP and before any protocol. */
export interface WireRequest {
  readonly method: string;
  /** Still percent-encoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The whole body, decoded; for small bodies only. `checksummed`: its checksum headers are about this body. */
  body(checksummed?: boolean): Promise<Buffer>;
  /** The body as a stream without transfer encoding, verified against its checksums at its end. */
  stream(): ObjectBody;
}

export interface WireResponse {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body?: string | Uint8Array | Readable | undefined;
}

export interface ReadInput {
  readonly input: Record<string, unknown>;
  /** The same as it came over the wire, where the codec would have hidden unknown members and wrong types. */
  readonly raw?: unknown;
  /** Names that the operation does not know. */
  readonly unknown?: readonly string[];
}

/** One way of writing requests and answers; the operation's schema does the rest. */
export interface Protocol {
  read(operation: Operation, request: WireRequest): Promise<ReadInput>;
  write(service: WireService, operation: Operation, output: Record<string, unknown>, requestId: string): WireResponse;
  fail(service: WireService, error: AwsError, requestId: string): WireResponse;
}

/** Which operation of which service a request calls, and in which protocol. */
export interface Route {
  readonly service: WireService;
  readonly protocol: Protocol;
  /** Undefined when the service has no such operation here. */
  readonly operation: Operation | undefined;
  /** What the request called it. */
  readonly operationName: string;
}
