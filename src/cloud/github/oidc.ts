import {
  createSign,
  createVerify,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
  randomBytes,
  randomUUID,
} from 'node:crypto';
import type { Clock } from '../../time/clock.ts';
import type { VerifyWebIdentity } from '../contract.ts';
import { isRecord } from './record.ts';

export const issuer = 'https://token.actions.githubusercontent.com';
const lifetimeSeconds = 300;

/** What a job may claim about itself; `sub`, `aud`, `iss` and the times are added by the provider. */
export interface JobClaims {
  readonly repository: string;
  readonly repository_id: string;
  readonly repository_owner: string;
  readonly repository_owner_id: string;
  readonly ref: string;
  readonly ref_type?: string;
  readonly sha: string;
  readonly event_name: string;
  readonly head_ref: string;
  readonly base_ref: string;
  readonly workflow: string;
  readonly workflow_ref: string;
  readonly run_id: string;
  readonly run_number: string;
  readonly run_attempt: string;
  readonly actor: string;
  /** Name of the job's deployment environment. */
  readonly environment?: string;
}

/** `names`: `repo:o/r:…`; `names-and-ids`: `repo:o@1/r@2:…`, as repositories created or renamed since 2026-07-15 send it. */
export type SubjectForm = 'names' | 'names-and-ids';

export interface IdentityProvider {
  /** A bearer token with which one job asks for identity tokens. */
  allow(claims: JobClaims): string;
  /** The signed token for an audience; undefined for a bearer token that was not given out. */
  mint(requestToken: string, audience: string | undefined): string | undefined;
  readonly verify: VerifyWebIdentity;
  readonly keys: { keys: JsonWebKey[] };
}

export function createIdentityProvider(options: { clock: Clock; subjectForm: SubjectForm }): IdentityProvider {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const keyId = randomUUID();
  const jobs = new Map<string, JobClaims>();
  const now = () => Math.floor(options.clock.now().getTime() / 1000);
  return {
    allow: (claims) => {
      const token = randomBytes(24).toString('hex');
      jobs.set(token, claims);
      return token;
    },
    mint: (requestToken, audience) => {
      const claims = jobs.get(requestToken);
      if (!claims) return undefined;
      const issued = now();
      const payload = {
        jti: randomUUID(),
        sub: subjectOf(claims, options.subjectForm),
        aud: audience ?? `https://github.com/${claims.repository_owner}`,
        ...claims,
        iss: issuer,
        iat: issued,
        nbf: issued - 300,
        exp: issued + lifetimeSeconds,
      };
      return sign({ alg: 'RS256', typ: 'JWT', kid: keyId }, payload, privateKey);
    },
    verify: async (token) => verify(token, publicKey, now()),
    keys: { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: keyId, alg: 'RS256', use: 'sig' }] },
  };
}

function subjectOf(claims: JobClaims, form: SubjectForm): string {
  const [owner, name] = claims.repository.split('/');
  const repository =
    form === 'names' ? claims.repository : `${owner}@${claims.repository_owner_id}/${name}@${claims.repository_id}`;
  if (claims.environment) return `repo:${repository}:environment:${claims.environment}`;
  return claims.event_name.startsWith('pull_request')
    ? `repo:${repository}:pull_request`
    : `repo:${repository}:ref:${claims.ref}`;
}

function sign(header: object, payload: object, key: KeyObject): string {
  const text = [header, payload].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  return `${text}.${createSign('RSA-SHA256').update(text).sign(key, 'base64url')}`;
}

/** Throws an Error whose message says which check failed; nothing of an unverified token is returned. */
function verify(token: string, key: KeyObject, nowSeconds: number): Record<string, unknown> {
  const [header, payload, signature] = token.split('.');
  if (!header || !payload || !signature) throw new Error('The token is not a JWT.');
  const { alg } = parsePart(header);
  if (alg !== 'RS256') throw new Error(`The token is signed with ${String(alg)}, not RS256.`);
  if (!createVerify('RSA-SHA256').update(`${header}.${payload}`).verify(key, signature, 'base64url')) {
    throw new Error('The signature of the token does not verify.');
  }
  const claims = parsePart(payload);
  if (claims['iss'] !== issuer) throw new Error(`The token comes from ${String(claims['iss'])}, not from ${issuer}.`);
  if (Number(claims['exp']) <= nowSeconds) throw new Error('The token has expired.');
  if (Number(claims['nbf']) > nowSeconds) throw new Error('The token is not valid yet.');
  return claims;
}

function parsePart(part: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(part, 'base64url').toString());
  } catch {
    value = undefined;
  }
  if (!isRecord(value)) throw new Error('The token is not a JWT.');
  return value;
}
