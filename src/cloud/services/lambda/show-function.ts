import type { FunctionConfiguration } from '@aws-sdk/client-lambda';
import type { Clock } from '../../../time/clock.ts';
import { type Deployment, type Fn, latestVersion } from './functions.ts';

const creating = { StateReason: 'The function is being created.', StateReasonCode: 'Creating' } as const;

/** Lambda's own spelling of a time. */
export const showTime = (date: Date): string => date.toISOString().replace('Z', '+0000');

/** A new function, also when it is Active in no time. */
export const showCreated = (fn: Fn): FunctionConfiguration => ({
  ...showMembers(fn, fn.latest, fn.arn),
  State: 'Pending',
  ...creating,
});

/** $LATEST as it is now, or as it will be when an update is under way. */
export function showLatest(fn: Fn, clock: Clock): FunctionConfiguration {
  const members = showMembers(fn, fn.update?.next ?? fn.latest, fn.arn);
  if (fn.createdFrom > clock.now()) return { ...members, State: 'Pending', ...creating };
  return { ...members, State: 'Active', LastUpdateStatus: fn.update ? 'InProgress' : 'Successful' };
}

export function showVersion(fn: Fn, deployment: Deployment, clock: Clock): FunctionConfiguration {
  const members = showMembers(fn, deployment, `${fn.arn}:${deployment.version}`);
  if (deployment.activeFrom > clock.now()) return { ...members, State: 'Pending', ...creating };
  return { ...members, State: 'Active', LastUpdateStatus: 'Successful' };
}

/** As GetFunction answers for a qualifier: the ARN is the one that was asked for. */
export function showQualified(
  fn: Fn,
  deployment: Deployment,
  qualifier: string | undefined,
  clock: Clock,
): FunctionConfiguration {
  const shown = deployment.version === latestVersion ? showLatest(fn, clock) : showVersion(fn, deployment, clock);
  return qualifier === undefined ? shown : { ...shown, FunctionArn: `${fn.arn}:${qualifier}` };
}

function showMembers(fn: Fn, { settings, code, revision, modified, version }: Deployment, arn: string): FunctionConfiguration {
  const { TracingConfig, VpcConfig, Environment, EphemeralStorage, Description, ...same } = settings;
  return {
    ...same,
    FunctionName: fn.name,
    FunctionArn: arn,
    Description: Description ?? '',
    CodeSize: code.bytes,
    CodeSha256: code.sha256,
    Version: version,
    RevisionId: revision,
    LastModified: showTime(modified),
    PackageType: 'Zip',
    Architectures: ['x86_64'],
    TracingConfig: { Mode: TracingConfig?.Mode ?? 'PassThrough' },
    EphemeralStorage: EphemeralStorage ?? { Size: 512 },
    SnapStart: { ApplyOn: 'None', OptimizationStatus: 'Off' },
    LoggingConfig: { LogFormat: 'Text', LogGroup: `/aws/lambda/${fn.name}` },
    ...(Environment?.Variables ? { Environment: { Variables: Environment.Variables } } : {}),
    ...(VpcConfig ? { VpcConfig: { SubnetIds: VpcConfig.SubnetIds, SecurityGroupIds: VpcConfig.SecurityGroupIds } } : {}),
  };
}
