import type { S3Client } from '@aws-sdk/client-s3';
import { createHash, createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import { Agent as HttpAgent, type IncomingHttpHeaders, request as httpRequest } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import { HttpRequest } from '@smithy/core/protocols';
import type { AwsCredentialIdentity } from '@smithy/types';

/** A PUT of bytes that are in memory. */
interface Sending {
  readonly bucket: string;
  readonly key: string;
  /** In the order of their names. */
  readonly query: readonly (readonly [string, string])[];
  /** Lower-case names; signed. */
  readonly headers: Readonly<Record<string, string>>;
  /** Hex SHA-256 of the body, or undefined to leave it out of the signature. */
  readonly sha256?: string;
  readonly body: Buffer;
  readonly signal: AbortSignal;
}

/**
 * Sends PUTs to S3 for a tenth of the work that the client's middleware does for each: that is most of what a small file costs.
 * It takes place and credentials from the client, and it knows one way only, the good one.
 * @returns the answer's headers, or undefined for anything but a plain success: the client then does the same call, with its retries
 */
export interface Sender {
  send(sending: Sending): Promise<IncomingHttpHeaders | undefined>;
}

interface Place {
  readonly secure: boolean;
  readonly host: string;
  readonly port: number | undefined;
  /** Before the key, with a slash at its end. */
  readonly base: string;
}

const silenceMs = 60_000;

export function createSender(s3: S3Client, region: string): Sender {
  const options = { keepAlive: true, maxSockets: 64, scheduling: 'lifo' } as const;
  const agents = { http: new HttpAgent(options), https: new Agent(options) };
  const places = new Map<string, Place>();
  const signingKey = createSigningKey(region);
  const heard = new WeakSet<AbortSignal>();
  let asked: { at: number; credentials: Promise<AwsCredentialIdentity> } | undefined;

  const close = () => {
    agents.http.destroy();
    agents.https.destroy();
  };

  /** One listener for all requests: one for each would cost as much as its signature. */
  function endWith(signal: AbortSignal): void {
    if (heard.has(signal)) return;
    heard.add(signal);
    signal.addEventListener('abort', close, { once: true });
  }

  async function send(sending: Sending): Promise<IncomingHttpHeaders | undefined> {
    const place = places.get(sending.bucket);
    if (!place || sending.signal.aborted) return undefined;
    endWith(sending.signal);
    const now = Date.now();
    // The client hands out a copy each time; it renews them minutes before their end, so a second does not matter.
    if (!asked || now - asked.at > 1_000) asked = { at: now, credentials: s3.config.credentials() };
    const credentials = await asked.credentials;
    const at = new Date(now + s3.config.systemClockOffset);
    const { path, headers } = sign(sending, place, credentials, region, at, signingKey);
    return exchange(place, path, headers, sending).catch(() => undefined);
  }

  function exchange(
    { secure, host, port }: Place,
    path: string,
    headers: Record<string, string | number>,
    { body }: Sending,
  ): Promise<IncomingHttpHeaders | undefined> {
    return new Promise((resolve, reject) => {
      const common = { method: 'PUT', host, path, headers, timeout: silenceMs, ...(port === undefined ? {} : { port }) };
      const request = secure ? httpsRequest({ ...common, agent: agents.https }) : httpRequest({ ...common, agent: agents.http });
      request.on('timeout', () => request.destroy(new Error('silence')));
      request.on('error', reject);
      request.on('response', (answer) => {
        answer.on('error', reject);
        answer.on('end', () => resolve(answer.statusCode === 200 ? answer.headers : undefined));
        answer.resume();
      });
      request.end(body);
    });
  }

  // Where the objects of a bucket are, the client's own requests show: the first of each file in parts, and the first small file's.
  s3.middlewareStack.add(
    (next) => (args) => {
      const { Bucket: bucket, Key: key } = { Bucket: undefined, Key: undefined, ...args.input };
      if (bucket !== undefined && key !== undefined && !places.has(bucket)) {
        const place = findPlace(args.request, key);
        if (place) places.set(bucket, place);
      }
      return next(args);
    },
    { step: 'finalizeRequest', priority: 'low' },
  );

  return { send };
}

function findPlace(request: unknown, key: string): Place | undefined {
  if (!HttpRequest.isInstance(request)) return undefined;
  const { protocol, hostname, port, path } = request;
  const ending = encodePath(key);
  if (!path.endsWith(`/${ending}`)) return undefined;
  const base = path.slice(0, path.length - ending.length);
  return { secure: protocol === 'https:', host: hostname, port, base };
}

/** As signatures want it: all but unreserved characters are encoded. */
function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

function encodePath(key: string): string {
  return key.split('/').map(encode).join('/');
}

type SigningKey = (secret: string, day: string) => KeyObject;

/** The key holds for a day. */
function createSigningKey(region: string): SigningKey {
  let known: { readonly of: string; readonly key: KeyObject } | undefined;
  return (secret, day) => {
    if (known?.of === secret + day) return known.key;
    const key = [day, region, 's3', 'aws4_request'].reduce<Buffer>(
      (before, text) => createHmac('sha256', before).update(text).digest(),
      Buffer.from(`AWS4${secret}`),
    );
    known = { of: secret + day, key: createSecretKey(key) };
    return known.key;
  };
}

/** Signature Version 4. https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html */
function sign(
  { key, query, headers, sha256, body }: Sending,
  place: Place,
  credentials: AwsCredentialIdentity,
  region: string,
  at: Date,
  signingKey: SigningKey,
): { path: string; headers: Record<string, string | number> } {
  const date = at.toISOString().replaceAll(/[-:]|\.\d{3}/g, '');
  const day = date.slice(0, 8);
  const payload = sha256 ?? 'UNSIGNED-PAYLOAD';
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  const signed: Record<string, string> = {
    ...headers,
    host: place.port === undefined ? place.host : `${place.host}:${place.port}`,
    'x-amz-content-sha256': payload,
    'x-amz-date': date,
    ...(sessionToken === undefined ? {} : { 'x-amz-security-token': sessionToken }),
  };
  const names = Object.keys(signed).sort();
  const path = place.base + encodePath(key);
  const search = query.map(([name, value]) => `${encode(name)}=${encode(value)}`).join('&');
  const lines = names.map((name) => `${name}:${signed[name]}\n`).join('');
  const list = names.join(';');
  const canonical = createHash('sha256').update(`PUT\n${path}\n${search}\n${lines}\n${list}\n${payload}`).digest('hex');
  const scope = `${day}/${region}/s3/aws4_request`;
  const signature = createHmac('sha256', signingKey(secretAccessKey, day))
    .update(`AWS4-HMAC-SHA256\n${date}\n${scope}\n${canonical}`)
    .digest('hex');
  return {
    path: search === '' ? path : `${path}?${search}`,
    headers: {
      ...signed,
      'content-length': body.length,
      authorization: `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${list}, Signature=${signature}`,
    },
  };
}
