import type { Invocation } from './ports.ts';
import { nameKind } from './smoke-compare.ts';

/** What a call of the function came to: a prediction's status and parsed body, or why there is none. */
export type Answer =
  | { readonly kind: 'answer'; readonly status: number; readonly body: unknown; readonly bodyText: string }
  | { readonly kind: 'unusable'; readonly why: string };

const longestQuote = 160;

/** Reads what the function answered. Everything in it is hostile and may be megabytes; texts are cut before they are quoted. */
export function readAnswer(call: Invocation): Answer {
  if (call.functionError !== undefined) return { kind: 'unusable', why: explainFunctionError(call) };
  const envelope = parse(call.payload);
  if (!envelope.ok) return { kind: 'unusable', why: `the function answered no JSON: ${quote(call.payload)}` };
  if (!isMap(envelope.value))
    return { kind: 'unusable', why: `the function answered ${nameKind(envelope.value)}, not { statusCode, headers, body }` };
  const { statusCode, body, isBase64Encoded } = envelope.value;
  if (typeof statusCode !== 'number' || !Number.isInteger(statusCode))
    return { kind: 'unusable', why: `the function answered without a statusCode: ${quote(call.payload)}` };
  const text =
    typeof body !== 'string'
      ? JSON.stringify(body ?? null)
      : isBase64Encoded === true
        ? Buffer.from(body, 'base64').toString('utf8')
        : body;
  const parsed = parse(text);
  // An error page may be any text; only a prediction has to be JSON.
  if (!parsed.ok && statusCode < 400) {
    const hint = /\b(?:NaN|-?Infinity)\b/.test(text) ? ' (it holds NaN or Infinity, which JSON does not have)' : '';
    return { kind: 'unusable', why: `the body is not JSON${hint}: ${quote(text)}` };
  }
  return { kind: 'answer', status: statusCode, body: parsed.ok ? parsed.value : undefined, bodyText: text };
}

/** What an error answer says: `{ "error": { "code", "message" } }` of the shipped handler, else the text. */
export function describeErrorBody({ body, bodyText }: { body: unknown; bodyText: string }): string {
  const error = isMap(body) ? body['error'] : undefined;
  if (isMap(error) && typeof error['message'] === 'string') {
    const code = typeof error['code'] === 'string' ? `${cut(error['code'])}: ` : '';
    return `${code}${cut(error['message'])}`;
  }
  return quote(bodyText);
}

/** Lambda's own frame, and the frames of a stack of JavaScript or Python: the message above them says more. */
const noise = /^(?:(?:START|END|REPORT|INIT_START) |\s+(?:at|File) )/;

/** Lines of a log tail that say something: without Lambda's own frame, the last ones. */
function findTellingLines(logTail: readonly string[], count: number): string[] {
  return logTail
    .filter((line) => line.trim() !== '' && !noise.test(line))
    .slice(-count)
    .map(cut);
}

function explainFunctionError({ functionError = '', payload, logTail }: Invocation): string {
  const parsed = parse(payload);
  const error = parsed.ok && isMap(parsed.value) ? parsed.value : {};
  const type = typeof error['errorType'] === 'string' ? error['errorType'] : functionError;
  const message = typeof error['errorMessage'] === 'string' ? error['errorMessage'] : payload;
  const lines = findTellingLines(logTail, 2);
  const log = lines.length > 0 ? `; its log ends: ${lines.map((line) => JSON.stringify(line)).join(', ')}` : '';
  return `the function failed (${cut(type)}): ${cut(message) || 'without a message'}${log}`;
}

function parse(text: string): { ok: true; value: unknown } | { ok: false } {
  try {
    return { ok: true, value: JSON.parse(text) as unknown };
  } catch {
    return { ok: false };
  }
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** One line of bounded length. */
export function cut(text: string): string {
  const start = text
    .slice(0, 4 * longestQuote)
    .replaceAll(/\s+/g, ' ')
    .trim();
  return start.length > longestQuote || text.length > 4 * longestQuote ? `${start.slice(0, longestQuote)}…` : start;
}

/** A bounded quotation; an empty text is said to be that. */
function quote(text: string): string {
  return text.trim() === '' ? 'nothing' : JSON.stringify(cut(text));
}
