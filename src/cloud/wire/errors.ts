import type { NormalizedSchema } from '@smithy/core/schema';
import type { AwsError } from '../contract.ts';
import { type WireService, wireCodeOf } from './operation.ts';

/** An error resolved against the service's shapes. */
export interface ShapedError {
  readonly shape: NormalizedSchema | undefined;
  /** Name of the shape, as JSON and REST services send it. */
  readonly name: string;
  /** As query services send it. */
  readonly queryCode: string;
  readonly fault: 'client' | 'server';
  /** Of REST and query services. JSON RPC always answers 400 or 500. */
  readonly status: number;
  readonly message: string;
  readonly members: Readonly<Record<string, unknown>>;
}

/** Of codes that services answer without a shape for them. */
const knownStatus: Readonly<Record<string, number>> = {
  AccessDenied: 403,
  InternalError: 500,
  InternalFailure: 500,
  InternalServerError: 500,
  InternalServerException: 500,
  ServiceUnavailable: 503,
  SlowDown: 503,
};

export function shapeError(service: WireService, error: AwsError): ShapedError {
  const shape = service.errors.get(error.code);
  const traits = shape?.getMergedTraits() ?? {};
  const query = traits['awsQueryError'];
  const modelled: unknown = Array.isArray(query) ? query[1] : traits['httpError'];
  const byFault = traits.error === 'server' ? 500 : 400;
  const status = error.status ?? (typeof modelled === 'number' ? modelled : (knownStatus[error.code] ?? byFault));
  return {
    shape,
    name: shape?.getName() ?? error.code,
    queryCode: (shape && wireCodeOf(shape)) ?? error.code,
    fault: status >= 500 ? 'server' : 'client',
    status,
    message: error.message,
    members: error.members,
  };
}

/** `Message` in some services' shapes, `message` in others. */
export function messageMember(shape: NormalizedSchema | undefined): 'Message' | 'message' {
  return shape && 'Message' in shape.getMemberSchemas() ? 'Message' : 'message';
}
