import { AwsError, type VerifyWebIdentity } from '../../contract.ts';

export interface WebIdentity {
  /** Issuer without its scheme, as trust policies name it: `token.actions.githubusercontent.com`. */
  readonly provider: string;
  readonly subject: string;
  readonly audience: string;
  /** Every claim as a condition key, lower case: `<provider>:sub`. */
  readonly context: Readonly<Record<string, readonly string[]>>;
}

/** Verifies a token with its provider. Throws what STS answers for bad ones. */
export async function readWebIdentity(token: string, verify: VerifyWebIdentity | undefined, now: Date): Promise<WebIdentity> {
  if (!verify) throw invalid('No OpenIDConnect provider found in your account: the local cloud was started without one.');
  const claims = await verify(token).catch((error: unknown) => {
    const message = error instanceof Error ? error.message : String(error);
    throw /expired/i.test(message) ? expired(message) : invalid(message);
  });
  const { iss, sub, aud, exp } = claims;
  if (typeof exp === 'number' && exp * 1000 <= now.getTime()) throw expired('Token expired');
  if (typeof iss !== 'string' || typeof sub !== 'string') throw invalid('The token has no issuer or no subject.');
  const provider = iss.replace(/^https?:\/\//, '').replace(/\/$/, '');
  const context = Object.entries(claims).map(([name, value]): [string, string[]] => [
    `${provider}:${name}`.toLowerCase(),
    textsOf(value),
  ]);
  return { provider, subject: sub, audience: textsOf(aud)[0] ?? '', context: Object.fromEntries(context) };
}

/** A claim as the texts a condition compares; a structure is none. */
function textsOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(textsOf);
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? [String(value)] : [];
}
const invalid = (message: string) => new AwsError('InvalidIdentityToken', message, { status: 400 });
const expired = (message: string) => new AwsError('ExpiredTokenException', message, { status: 400 });
