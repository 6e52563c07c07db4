import { ActionError } from '../action-error.ts';
import { type Failure, explanations } from './explanations.ts';

/** What was being done: the IAM action, and the resource in the reader's words, e.g. "the bucket my-ml". */
export interface Doing {
  readonly action: string;
  readonly resource: string;
}

const maxTextLength = 1_000;

/** The error code AWS gave, without a namespace; undefined for what is no answer of AWS. */
export function findCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !hasMetadata(error)) return undefined;
  return error.name.split('#').at(-1);
}

/** How often the request was sent; 1 when that is not known. */
export function countAttempts(error: unknown): number {
  return hasMetadata(error) && typeof error.$metadata.attempts === 'number' ? error.$metadata.attempts : 1;
}

export function isNotFound(error: unknown): boolean {
  const code = findCode(error);
  if (code === 'ResourceNotFound' || code === 'ResourceNotFoundException') return true;
  // SageMaker says so for most of its resources, whatever its documentation says.
  return code === 'ValidationException' && /requested resource not found|could not find/i.test(textOf(error));
}

/** Any error of a call as an ActionError: what, on which resource, what AWS said, and what to change. */
export function toActionError(error: unknown, doing: Doing): ActionError {
  if (error instanceof ActionError) return error;
  const failure = readFailure(error);
  for (const explain of explanations) {
    const told = explain(failure, doing);
    if (told) return new ActionError({ ...told, cause: error });
  }
  return new ActionError({
    kind: 'aws',
    message: `${doing.action} on ${doing.resource} failed: ${failure.code ?? 'no answer'}: ${failure.text}${trace(failure)}`,
    fix: 'Re-run this job; if it fails the same way, look the request up in CloudTrail.',
    cause: error,
  });
}

/** Does one call; what it throws is an ActionError. */
export async function call<Answer>(doing: Doing, send: () => Promise<Answer>): Promise<Answer> {
  try {
    return await send();
  } catch (error) {
    throw toActionError(error, doing);
  }
}

function trace({ requestId }: Failure): string {
  return requestId === undefined ? '' : ` (request ${requestId})`;
}

function readFailure(error: unknown): Failure {
  const status = hasMetadata(error) ? error.$metadata.httpStatusCode : undefined;
  const requestId = hasMetadata(error) ? error.$metadata.requestId : undefined;
  return {
    code: findCode(error),
    text: textOf(error),
    status: typeof status === 'number' ? status : undefined,
    requestId: typeof requestId === 'string' ? requestId.slice(0, 100) : undefined,
    attempts: countAttempts(error),
    system: error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined,
    name: error instanceof Error ? error.name : typeof error,
  };
}

/** One line, bounded: an answer may be a whole HTML page or list 145 instance types. */
function textOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  // oxlint-disable-next-line no-control-regex -- what AWS echoes may hold anything
  const line = text.replaceAll(/[\u0000-\u001F\u007F]+/g, ' ').trim();
  return line.length > maxTextLength ? `${line.slice(0, maxTextLength)}…` : line || 'no message';
}

function hasMetadata(error: unknown): error is { $metadata: Record<string, unknown> } {
  if (typeof error !== 'object' || error === null || !('$metadata' in error)) return false;
  return typeof error.$metadata === 'object' && error.$metadata !== null;
}
