/** What the function answers, in the form API Gateway and function URLs understand. */
export interface HandlerAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON text: the prediction, or `{ "error": { "code", "message" } }`. */
  readonly body: string;
}

/** A reason to answer something else than a prediction. The caller reads `code` and `message`; `detail` goes to the log alone. */
export class Refusal extends Error {
  readonly status: 400 | 413 | 415 | 424 | 502 | 504;
  readonly code: string;
  readonly detail: string | undefined;

  constructor(status: Refusal['status'], code: string, message: string, detail?: string) {
    super(message);
    this.name = 'Refusal';
    this.status = status;
    this.code = code;
    this.detail = detail;
  }
}

/** Lambda's limit for the answer to a synchronous call; also what an endpoint takes (botocore: 6,291,456 B, read 2026-11). */
export const mostBytes = 6_291_456;

const headers = { 'content-type': 'application/json' };

export function answerPrediction(bytes: Uint8Array): HandlerAnswer {
  const answer = { statusCode: 200, headers, body: readPrediction(bytes) };
  if (Buffer.byteLength(JSON.stringify(answer)) > mostBytes)
    throw new Refusal(502, 'AnswerTooLarge', 'The prediction is larger than this function may answer (6 MB).');
  return answer;
}

export function answerRefusal({ status, code, message }: Refusal): HandlerAnswer {
  return { statusCode: status, headers, body: JSON.stringify({ error: { code, message } }) };
}

/** JSON as the model wrote it; other text as a JSON string. */
function readPrediction(bytes: Uint8Array): string {
  const text = decode(bytes);
  try {
    JSON.parse(text);
    return text;
  } catch {
    return JSON.stringify(text);
  }
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new Refusal(502, 'UnreadableAnswer', 'The model answered bytes that are no text.', String(error));
  }
}
