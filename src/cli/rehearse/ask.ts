import type { CloudAccess } from './run.ts';

/** A call of the local cloud and its answer; `missing`: what was asked for is not there. */
export type Ask = (
  service: string,
  method: string,
  path: string,
  body?: string,
  target?: string,
) => Promise<{ readonly json: unknown; readonly missing: boolean }>;

/** Weather refuses some calls at random; so many in a row it does not. */
const attempts = 20;
const throttled = /throttl|TooManyRequests|RequestLimitExceeded|SlowDown/i;
const notThere = /ResourceNotFound|could not find|does not exist/i;

/** The local cloud reads the service out of a signature and does not check it, so plain requests do. */
export function createAsk({ url, region, accessKeyId }: CloudAccess): Ask {
  return async (service, method, path, body, target) => {
    const scope = `${accessKeyId}/20000101/${region}/${service}/aws4_request`;
    const headers = {
      authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=none`,
      ...(target === undefined ? {} : { 'x-amz-target': target, 'content-type': 'application/x-amz-json-1.1' }),
    };
    for (let attempt = 1; ; attempt += 1) {
      const answer = await send(`${url}${path}`, { method, headers, ...(body === undefined ? {} : { body }) });
      if (answer.ok) return { json: parse(answer.text), missing: false };
      if (!throttled.test(answer.text) || attempt === attempts) return { json: undefined, missing: notThere.test(answer.text) };
    }
  };
}

/** The answer's body; of a refusal with the code of the error in front, which some protocols put in a header. */
async function send(url: string, request: RequestInit): Promise<{ ok: boolean; text: string }> {
  try {
    const response = await fetch(url, request);
    const text = await response.text();
    return { ok: response.ok, text: response.ok ? text : `${response.headers.get('x-amzn-errortype') ?? ''} ${text}` };
  } catch {
    return { ok: false, text: '' };
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
