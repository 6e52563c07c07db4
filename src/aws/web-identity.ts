import { AssumeRoleWithWebIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { ActionError } from '../action-error.ts';
import type { MintWebIdentity } from '../runner/ports.ts';
import type { Clock } from '../time/clock.ts';
import type { AwsCredentials } from './clients.ts';
import { findCode, toActionError } from './errors.ts';

const audience = 'sts.amazonaws.com';
/** The SDK asks again 5 minutes before the end; being a little earlier gives it new ones then. */
const refreshBeforeMs = 6 * 60_000;

interface WebIdentityOptions {
  readonly region: string;
  readonly roleArn: string;
  readonly mint: MintWebIdentity;
  readonly sessionName: string;
  readonly clock: Clock;
  readonly mask?: (secret: string) => void;
}

/** Credentials of a role by GitHub's OIDC token; minted anew before they expire, so that a wait outlives their hour. */
export function createWebIdentity(options: WebIdentityOptions): () => Promise<AwsCredentials> {
  const sts = new STSClient({ region: options.region, maxAttempts: 5 });
  let current: Promise<AwsCredentials> | undefined;
  let refreshAtMs = 0;

  async function renew(): Promise<AwsCredentials> {
    const credentials = await assumeRole(sts, options);
    refreshAtMs = credentials.expiration.getTime() - refreshBeforeMs;
    return credentials;
  }

  return async () => {
    if (current && options.clock.now().getTime() < refreshAtMs) return current;
    refreshAtMs = Number.POSITIVE_INFINITY; // while one renewal is under way everybody waits for it
    current = renew();
    current.catch(() => {
      current = undefined;
    });
    return current;
  };
}

async function assumeRole(sts: STSClient, { roleArn, mint, sessionName, mask }: WebIdentityOptions): Promise<AwsCredentials> {
  const token = await mint(audience);
  mask?.(token);
  const command = new AssumeRoleWithWebIdentityCommand({
    RoleArn: roleArn,
    RoleSessionName: sessionName.replaceAll(/[^\w+=,.@-]/g, '-').slice(0, 64),
    WebIdentityToken: token,
  });
  const { Credentials } = await sts.send(command).catch((error: unknown) => {
    throw explain(error, roleArn, token);
  });
  const {
    AccessKeyId: accessKeyId,
    SecretAccessKey: secretAccessKey,
    SessionToken: sessionToken,
    Expiration: expiration,
  } = Credentials ?? {};
  if (!accessKeyId || !secretAccessKey || !sessionToken || !expiration) {
    throw new ActionError({ kind: 'aws', message: `AWS gave no credentials for ${roleArn}.`, fix: 'Re-run this job.' });
  }
  for (const secret of [accessKeyId, secretAccessKey, sessionToken]) mask?.(secret);
  return { accessKeyId, secretAccessKey, sessionToken, expiration };
}

function explain(error: unknown, roleArn: string, token: string): ActionError {
  const code = findCode(error);
  const subject = findSubject(token);
  if (code === 'AccessDenied' || code === 'AccessDeniedException') {
    return new ActionError({
      kind: 'permission',
      message: `The role ${roleArn} does not let this job assume it, or does not exist. The job's token says: sub ${subject}, aud ${audience}.`,
      fix: "Use the role of this trust zone (outputs of infra/bootstrap.yml) and compare its trust policy with that `sub`: GitHubOwner, GitHubRepository, the numeric ids and DefaultBranch are the template's parameters.",
      cause: error,
    });
  }
  if (code === 'InvalidIdentityToken' || code === 'InvalidIdentityTokenException') {
    return new ActionError({
      kind: 'configuration',
      message: `The account of ${roleArn} does not accept tokens of GitHub (sub ${subject}).`,
      fix: 'Deploy infra/bootstrap.yml with CreateOidcProvider=yes in that account: it has no OIDC provider for token.actions.githubusercontent.com with the audience sts.amazonaws.com.',
      cause: error,
    });
  }
  return toActionError(error, { action: 'sts:AssumeRoleWithWebIdentity', resource: `the role ${roleArn}` });
}

/** The `sub` claim, which is no secret; the trust policy is compared with it. */
function findSubject(token: string): string {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
    const sub = typeof claims === 'object' && claims !== null && 'sub' in claims ? claims.sub : undefined;
    return typeof sub === 'string' ? sub.slice(0, 300) : 'that cannot be read';
  } catch {
    return 'that cannot be read';
  }
}
