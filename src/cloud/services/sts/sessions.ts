import type { Credentials } from '@aws-sdk/client-sts';
import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../../time/clock.ts';

interface Session {
  readonly arn: string;
  readonly userId: string;
  readonly token: string;
  readonly expires: Date;
}

/** The keys the cloud has minted. */
export interface Sessions {
  mint(owner: { arn: string; userId: string }, seconds: number): Credentials;
  /** Who a key belongs to. Keys that were not minted here belong to the account's root: whatever a user has configured works. */
  identify(accessKeyId: string, token: string | undefined): { arn: string; userId: string } | 'expired' | 'wrong token';
}

interface SessionOptions {
  readonly clock: Clock;
  readonly account: string;
  /** Sessions last no longer, whatever was asked for. */
  readonly maxSessionSeconds?: number | undefined;
}

export function createSessions({ clock, account, maxSessionSeconds = Infinity }: SessionOptions): Sessions {
  const sessions = new Map<string, Session>();
  return {
    mint(owner, seconds) {
      const accessKeyId = `ASIA${randomBytes(8).toString('hex').toUpperCase()}`;
      const token = randomBytes(96).toString('base64');
      const lasts = Math.min(seconds, maxSessionSeconds);
      const expires = new Date(Math.floor(clock.now().getTime() / 1000 + lasts) * 1000);
      sessions.set(accessKeyId, { ...owner, token, expires });
      return {
        AccessKeyId: accessKeyId,
        SecretAccessKey: randomBytes(30).toString('base64'),
        SessionToken: token,
        Expiration: expires,
      };
    },
    identify(accessKeyId, token) {
      const session = sessions.get(accessKeyId);
      if (!session) return { arn: `arn:aws:iam::${account}:root`, userId: account };
      if (!equal(session.token, token ?? '')) return 'wrong token';
      return session.expires <= clock.now() ? 'expired' : session;
    },
  };
}

function equal(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}
