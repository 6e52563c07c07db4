import type { Credentials } from '@aws-sdk/client-sts';
import type { Clock } from '../../../time/clock.ts';
import type { Roles } from '../../contract.ts';
import type { InstanceProfile } from './instance-profiles.ts';

/** Credentials of a machine's role as its metadata service gives them. */
export interface RoleCredentials {
  readonly roleName: string;
  /** `iam/info`. */
  info(): object;
  /** `iam/security-credentials/<role>`. */
  read(): object;
}

/** New ones are there so long before the old ones end, or when half of their time is over. */
const renewBeforeMs = 5 * 60_000;

export function createRoleCredentials(
  profile: InstanceProfile | undefined,
  instanceId: string,
  { clock, roles, mint }: { clock: Clock; roles: Roles; mint: (roleArn: string, sessionName: string) => Credentials },
): RoleCredentials {
  const roleArn = profile?.roleArn ?? '';
  let held: { keys: Credentials; since: Date; until: Date } | undefined;
  const renew = () => {
    const since = clock.now();
    const keys = mint(roleArn, instanceId);
    held = { keys, since, until: keys.Expiration ?? since };
    return held;
  };
  const isFresh = ({ since, until }: { since: Date; until: Date }) => {
    const left = until.getTime() - clock.now().getTime();
    return left > Math.min(renewBeforeMs, (until.getTime() - since.getTime()) / 2);
  };
  const refusal = () => {
    if (roles.assumableBy(roleArn, 'ec2.amazonaws.com') === 'yes') return undefined;
    return {
      Code: 'AssumeRoleUnauthorizedAccess',
      Message:
        `EC2 cannot assume the role ${roleArn.split('/').at(-1)}. Please see documentation at ` +
        'https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_iam-ec2.html#troubleshoot_iam-ec2_errors-info-doc.',
      LastUpdated: stamp(clock.now()),
    };
  };
  return {
    roleName: roleArn.split('/').at(-1) ?? '',
    info: () =>
      refusal() ?? {
        Code: 'Success',
        LastUpdated: stamp(clock.now()),
        InstanceProfileArn: profile?.arn,
        InstanceProfileId: profile?.id,
      },
    read: () => {
      const refused = refusal();
      if (refused) return refused;
      const { keys, since, until } = held && isFresh(held) ? held : renew();
      return {
        Code: 'Success',
        LastUpdated: stamp(since),
        Type: 'AWS-HMAC',
        AccessKeyId: keys.AccessKeyId,
        SecretAccessKey: keys.SecretAccessKey,
        Token: keys.SessionToken,
        Expiration: stamp(until),
      };
    },
  };
}

const stamp = (date: Date) => `${date.toISOString().slice(0, 19)}Z`;
