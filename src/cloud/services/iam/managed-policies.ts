import type * as iam from '@aws-sdk/client-iam';
import { randomBytes } from 'node:crypto';
import type { Clock } from '../../../time/clock.ts';
import { AwsError } from '../../contract.ts';
import { parseIdentityPolicy } from './evaluate.ts';
import type { RoleStore } from './role-store.ts';

/** A policy that roles share. It has one version: `v1`. */
export interface ManagedPolicy {
  readonly id: string;
  readonly created: Date;
  readonly document: string;
}

/** The one policy of AWS whose text fits into a line and does not change. */
export const managedByAws: readonly [arn: string, policy: ManagedPolicy][] = [
  [
    'arn:aws:iam::aws:policy/AdministratorAccess',
    {
      id: 'ANPAIWMBCKSKIEE64ZLYK',
      created: new Date('2015-02-06T18:39:46Z'),
      document: '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}',
    },
  ],
];

type ByArn = Pick<iam.GetPolicyRequest, 'PolicyArn'>;

/** IAM's managed policies, by operation. */
export function createPolicyHandlers({ roles, clock, account }: { roles: RoleStore; clock: Clock; account: string }) {
  const get = ({ PolicyArn: arn = '' }: ByArn): [string, ManagedPolicy] => {
    const policy = roles.managed.get(arn);
    if (!policy) throw new AwsError('NoSuchEntity', `Policy ${arn} was not found.`, { status: 404 });
    return [arn, policy];
  };
  const describe = (arn: string, { id, created }: ManagedPolicy): iam.Policy => ({
    PolicyName: arn.slice(arn.lastIndexOf('/') + 1),
    PolicyId: id,
    Arn: arn,
    Path: /:policy(\/(?:.*\/)?)/.exec(arn)?.[1] ?? '/',
    DefaultVersionId: 'v1',
    AttachmentCount: [...roles.byName.values()].filter(({ attached }) => attached.has(arn)).length,
    IsAttachable: true,
    CreateDate: created,
    UpdateDate: created,
  });
  return {
    CreatePolicy: (input: iam.CreatePolicyRequest): iam.CreatePolicyResponse => {
      const arn = `arn:aws:iam::${account}:policy${input.Path ?? '/'}${input.PolicyName ?? ''}`;
      const document = input.PolicyDocument ?? '';
      parseIdentityPolicy(document);
      if (roles.managed.has(arn))
        throw new AwsError(
          'EntityAlreadyExists',
          `A policy called ${input.PolicyName} already exists. Duplicate names are not allowed.`,
          {
            status: 409,
          },
        );
      const id = `ANPA${randomBytes(10).toString('hex').toUpperCase().slice(0, 17)}`;
      const policy = { id, created: clock.now(), document };
      roles.managed.set(arn, policy);
      return { Policy: describe(arn, policy) };
    },
    DeletePolicy: (input: ByArn) => {
      const [arn] = get(input);
      if ([...roles.byName.values()].some(({ attached }) => attached.has(arn)))
        throw new AwsError('DeleteConflict', 'Cannot delete a policy attached to entities.', { status: 409 });
      roles.managed.delete(arn);
    },
    GetPolicy: (input: ByArn): iam.GetPolicyResponse => ({ Policy: describe(...get(input)) }),
    GetPolicyVersion: (input: iam.GetPolicyVersionRequest): iam.GetPolicyVersionResponse => {
      const [, { document, created }] = get(input);
      if (input.VersionId !== 'v1')
        throw new AwsError('NoSuchEntity', `Policy ${input.PolicyArn} version ${input.VersionId} does not exist.`, {
          status: 404,
        });
      return {
        PolicyVersion: { Document: encodeURIComponent(document), VersionId: 'v1', IsDefaultVersion: true, CreateDate: created },
      };
    },
  };
}
