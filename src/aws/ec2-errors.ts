import { ActionError } from '../action-error.ts';
import type { MachineRequest } from '../training/ec2/ports.ts';
import { findCode, toActionError } from './errors.ts';

type Told = Pick<ActionError, 'kind' | 'message' | 'fix'>;
type Explain = (text: string, request: MachineRequest) => Told;

/** Quotas of EC2 are in vCPUs, by family (Service Quotas codes, read 2026-09). */
function findQuota({ instanceType, spot }: MachineRequest): string {
  const family = instanceType[0] ?? '';
  if (family === 'g' || family === 'v')
    return spot ? 'All G and VT Spot Instance Requests (L-3819A6DF)' : 'Running On-Demand G and VT instances (L-DB2E81BA)';
  if (family === 'p') return spot ? 'All P Spot Instance Requests (L-7212CCBC)' : 'Running On-Demand P instances (L-417A185B)';
  return spot ? 'All Standard Spot Instance Requests (L-34B43A08)' : 'Running On-Demand Standard instances (L-1216C47A)';
}

const noCapacity: Explain = (text, { instanceType, subnet, spot }) => ({
  kind: 'capacity',
  message: `EC2 has no ${spot ? 'spot ' : ''}${instanceType} free ${subnet === undefined ? 'now' : `in ${subnet} now`}: ${text}`,
  fix: 'Name further instance types in the list (they are tried in order) or subnets of other zones, or re-run later.',
});

const quotaReached: Explain = (text, request) => ({
  kind: 'quota',
  message: `The vCPU quota of this AWS account does not allow another ${request.spot ? 'spot ' : ''}${request.instanceType}: ${text}`,
  fix: `Ask for more: Service Quotas → Amazon EC2 → "${findQuota(request)}" (new accounts have 0 for GPUs), or name another instance type.`,
});

/** Refusals after which another zone, type or market may do. */
const unavailable: Readonly<Record<string, Explain>> = {
  InsufficientInstanceCapacity: noCapacity,
  InsufficientHostCapacity: noCapacity,
  InsufficientCapacity: noCapacity,
  InsufficientFreeAddressesInSubnet: noCapacity,
  SpotMaxPriceTooLow: noCapacity,
  MaxSpotInstanceCountExceeded: quotaReached,
  VcpuLimitExceeded: quotaReached,
  InstanceLimitExceeded: quotaReached,
};

const badImage: Explain = (text, { imageId }) => ({
  kind: 'input',
  message: `EC2 does not take the machine image ${imageId}: ${text}`,
  fix: 'Correct the input image-parameters, or leave it empty: then the image that fits is found.',
});

const refusals: Readonly<Record<string, Explain>> = {
  'InvalidAMIID.NotFound': badImage,
  'InvalidAMIID.Malformed': badImage,
  'InvalidAMIID.Unavailable': badImage,
  'InvalidSubnetID.NotFound': (text) => ({
    kind: 'configuration',
    message: `There is no such subnet in this account and region: ${text}`,
    fix: 'Correct network.subnets in trainyard.yml.',
  }),
  'InvalidGroup.NotFound': (text) => ({
    kind: 'configuration',
    message: `There is no such security group: ${text}`,
    fix: 'Correct network.security-groups in trainyard.yml; group and subnet must be of one VPC.',
  }),
  UnauthorizedOperation: (text, { instanceType }) => ({
    kind: 'permission',
    message: `The role of this step may not start a machine (${instanceType}): ${text.replace(/ ?Encoded authorization failure message: \S+/, '')}`,
    fix: /iam:PassRole/.test(text)
      ? 'Name the instance profile of this trust zone as `roles.ec2` of trainyard.yml (outputs of infra/bootstrap.yml).'
      : 'Deploy infra/bootstrap.yml with AllowEc2=yes; it lets the CI roles start machines with our tags.',
  }),
};

const badProfile: Explain = (_text, { instanceProfile }) => ({
  kind: 'configuration',
  message: `There is no instance profile ${instanceProfile} in this account.`,
  fix: 'Set roles.ec2 of trainyard.yml as the outputs of infra/bootstrap.yml (deployed with AllowEc2=yes) say. One made seconds ago may need a minute.',
});

const noSuchType: Explain = (text, { instanceType }) => ({
  kind: 'input',
  message: `EC2 has no instance type ${instanceType}: ${text}`,
  fix: 'Correct instance-type of this run in trainyard.yml.',
});

const wrongVolume: Explain = (text, { volumeGb }) => ({
  kind: 'input',
  message: `EC2 does not make the volume of ${volumeGb} GB: ${text}`,
  fix: 'Correct volume-gb (or kms-key) of trainyard.yml.',
});

/** Why a machine was not started; `unavailable` when another one may be had. */
export function readRefusal(error: unknown, request: MachineRequest): { unavailable: boolean; error: ActionError } {
  const code = findCode(error) ?? '';
  const text = (error instanceof Error ? error.message : String(error)).slice(0, 600);
  const inZone = code === 'Unsupported' && /availability zone/i.test(text);
  const missing = inZone ? noCapacity : Object.hasOwn(unavailable, code) ? unavailable[code] : undefined;
  if (missing) return { unavailable: true, error: new ActionError({ ...missing(text, request), cause: error }) };
  const explain = Object.hasOwn(refusals, code) ? refusals[code] : findByText(code, text);
  const doing = { action: 'ec2:RunInstances', resource: `a machine ${request.instanceType}` };
  return {
    unavailable: false,
    error: explain ? new ActionError({ ...explain(text, request), cause: error }) : toActionError(error, doing),
  };
}

/** What EC2 says by one code for many parameters. */
function findByText(code: string, text: string): Explain | undefined {
  if (!/^(?:InvalidParameter|Unsupported|InvalidBlockDeviceMapping|ValidationError)/.test(code)) return undefined;
  if (/iamInstanceProfile|IAM Instance Profile/i.test(text)) return badProfile;
  if (/InstanceType|instance type/i.test(text)) return noSuchType;
  return /volume|snapshot|BlockDevice|ebs/i.test(text) ? wrongVolume : undefined;
}
