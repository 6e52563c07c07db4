import type * as scaling from '@aws-sdk/client-application-auto-scaling';
import type * as iam from '@aws-sdk/client-iam';
import { access, anywhere, type AccessTable, arnOf, pairs, requestTags, type Scope } from './scope.ts';

interface Target {
  readonly ServiceNamespace: string | undefined;
  readonly ScalableDimension: string | undefined;
}
const onTarget = (action: string) => (input: Target, scope: Scope) => [
  access(`application-autoscaling:${action}`, arnOf(scope, 'application-autoscaling', 'scalable-target/*'), {
    'application-autoscaling:service-namespace': [input.ServiceNamespace ?? ''],
    'application-autoscaling:scalable-dimension': [input.ScalableDimension ?? ''],
  }),
];

export const scalingAccess = {
  DeleteScalingPolicy: onTarget('DeleteScalingPolicy'),
  DeregisterScalableTarget: onTarget('DeregisterScalableTarget'),
  DescribeScalableTargets: anywhere('application-autoscaling:DescribeScalableTargets'),
  DescribeScalingActivities: anywhere('application-autoscaling:DescribeScalingActivities'),
  DescribeScalingPolicies: anywhere('application-autoscaling:DescribeScalingPolicies'),
  PutScalingPolicy: onTarget('PutScalingPolicy'),
  RegisterScalableTarget: (input: scaling.RegisterScalableTargetRequest, scope: Scope) =>
    onTarget('RegisterScalableTarget')(input, scope),
} satisfies AccessTable;

export const pricingAccess = { GetProducts: anywhere('pricing:GetProducts') } satisfies AccessTable;

const inIam = ({ account }: Scope, rest: string) => `arn:aws:iam::${account}:${rest}`;
const onRole = (action: string) => (input: { RoleName: string | undefined }, scope: Scope) => [
  access(`iam:${action}`, inIam(scope, `role/${input.RoleName ?? ''}`)),
];
const onPolicy = (action: string) => (input: { PolicyArn: string | undefined }) => [
  access(`iam:${action}`, input.PolicyArn ?? ''),
];
const onAttachment = (action: string) => (input: iam.AttachRolePolicyRequest, scope: Scope) => [
  access(`iam:${action}`, inIam(scope, `role/${input.RoleName ?? ''}`), { 'iam:policyarn': [input.PolicyArn ?? ''] }),
];

export const iamAccess = {
  AttachRolePolicy: onAttachment('AttachRolePolicy'),
  CreatePolicy: (input: iam.CreatePolicyRequest, scope: Scope) => [
    access(
      'iam:CreatePolicy',
      inIam(scope, `policy${input.Path ?? '/'}${input.PolicyName ?? ''}`),
      requestTags(pairs(input.Tags)),
    ),
  ],
  CreateRole: (input: iam.CreateRoleRequest, scope: Scope) => [
    access('iam:CreateRole', inIam(scope, `role${input.Path ?? '/'}${input.RoleName ?? ''}`), requestTags(pairs(input.Tags))),
  ],
  DeletePolicy: onPolicy('DeletePolicy'),
  DeleteRole: onRole('DeleteRole'),
  DeleteRolePolicy: onRole('DeleteRolePolicy'),
  DetachRolePolicy: onAttachment('DetachRolePolicy'),
  GetInstanceProfile: (input: iam.GetInstanceProfileRequest, scope: Scope) => [
    access('iam:GetInstanceProfile', inIam(scope, `instance-profile/${input.InstanceProfileName ?? ''}`)),
  ],
  GetPolicy: onPolicy('GetPolicy'),
  GetPolicyVersion: onPolicy('GetPolicyVersion'),
  GetRole: onRole('GetRole'),
  GetRolePolicy: onRole('GetRolePolicy'),
  ListAttachedRolePolicies: onRole('ListAttachedRolePolicies'),
  ListRolePolicies: onRole('ListRolePolicies'),
  ListRoles: (input: iam.ListRolesRequest, scope: Scope) => [
    access('iam:ListRoles', inIam(scope, `role${input.PathPrefix ?? '/'}`)),
  ],
  PutRolePolicy: onRole('PutRolePolicy'),
  UpdateAssumeRolePolicy: onRole('UpdateAssumeRolePolicy'),
} satisfies AccessTable;

/** Who may assume a role is what its trust policy says; to ask who one is, nobody needs to be allowed. */
export const stsAccess = {
  AssumeRole: () => [],
  AssumeRoleWithWebIdentity: () => [],
  GetCallerIdentity: () => [],
} satisfies AccessTable;
