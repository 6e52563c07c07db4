import type { GetInstanceProfileRequest, GetInstanceProfileResponse } from '@aws-sdk/client-iam';
import { AwsError } from '../../contract.ts';
import type { RoleStore } from '../iam/role-store.ts';
import { idOf } from './ids.ts';
import type { Ec2Options } from './options.ts';

export interface InstanceProfile {
  readonly name: string;
  readonly arn: string;
  readonly id: string;
  readonly roleArn: string;
}

export function listProfiles(account: string, options: Ec2Options): InstanceProfile[] {
  return (options.instanceProfiles ?? []).map(({ name, role }) => ({
    name,
    arn: `arn:aws:iam::${account}:instance-profile/${name}`,
    id: `AIPA${idOf('', name).slice(2).toUpperCase()}`,
    roleArn: role,
  }));
}

/** IAM's GetInstanceProfile. */
export function createGetInstanceProfile(profiles: readonly InstanceProfile[], roles: RoleStore, created: Date) {
  return ({ InstanceProfileName: name }: GetInstanceProfileRequest): GetInstanceProfileResponse => {
    const profile = profiles.find((one) => one.name === name);
    if (!profile) throw new AwsError('NoSuchEntity', `Instance Profile ${name} cannot be found.`, { status: 404 });
    const role = [...roles.byName.values()].find(({ arn }) => arn === profile.roleArn);
    const shownRole = role && {
      Path: role.path,
      RoleName: role.name,
      RoleId: role.id,
      Arn: role.arn,
      CreateDate: role.created,
      AssumeRolePolicyDocument: encodeURIComponent(role.trustDocument),
    };
    return {
      InstanceProfile: {
        Path: '/',
        InstanceProfileName: profile.name,
        InstanceProfileId: profile.id,
        Arn: profile.arn,
        CreateDate: created,
        Roles: shownRole ? [shownRole] : [],
      },
    };
  };
}
