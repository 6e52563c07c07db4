import type { CreateTrainingJobRequest } from '@aws-sdk/client-sagemaker';
import { findScriptMode } from './script-mode.ts';

/** What a job asks for that cannot be executed here, so that running it anyway would be a lie. */
export function findUnsupported(request: CreateTrainingJobRequest): string[] {
  const algorithm = request.AlgorithmSpecification;
  const found: string[] = [];
  if (!algorithm?.ContainerEntrypoint?.length && !findScriptMode(request)) {
    found.push(
      'images are not run, so AlgorithmSpecification.ContainerEntrypoint must name the command to execute, ' +
        'or the hyperparameters sagemaker_program and sagemaker_submit_directory a script and its code',
    );
  }
  if (request.ResourceConfig?.InstanceGroups?.length)
    found.push('ResourceConfig.InstanceGroups is not executed; use InstanceType and InstanceCount');
  for (const channel of request.InputDataConfig ?? []) {
    const name = `the channel ${channel.ChannelName}`;
    const source = channel.DataSource?.S3DataSource;
    if (!source) found.push(`${name} has no S3DataSource`);
    else if (source.S3DataType !== 'S3Prefix')
      found.push(`${name} has the S3DataType ${source.S3DataType}; only S3Prefix is read`);
    if ((channel.InputMode ?? algorithm?.TrainingInputMode) === 'Pipe')
      found.push(`${name} is in Pipe mode; use File or FastFile`);
    if ((channel.CompressionType ?? 'None') !== 'None') found.push(`${name} has the CompressionType ${channel.CompressionType}`);
  }
  const checkpoints = request.CheckpointConfig?.LocalPath;
  if (checkpoints !== undefined && !/^\/opt\/ml\/./.test(checkpoints))
    found.push(`CheckpointConfig.LocalPath ${checkpoints} is not below /opt/ml`);
  return found;
}

/** What a job asks for that makes no difference here; its log says so in the first lines. */
export function listIgnored(request: CreateTrainingJobRequest): string[] {
  const asked: readonly [string, unknown][] = [
    ['EnableManagedSpotTraining (there is no spot market here: no interruption, no discount)', request.EnableManagedSpotTraining],
    ['EnableNetworkIsolation', request.EnableNetworkIsolation],
    ['VpcConfig', request.VpcConfig?.Subnets?.length],
    ['EnableInterContainerTrafficEncryption', request.EnableInterContainerTrafficEncryption],
    ['KeepAlivePeriodInSeconds (no warm pool)', request.ResourceConfig?.KeepAlivePeriodInSeconds],
    ['VolumeKmsKeyId', request.ResourceConfig?.VolumeKmsKeyId],
    ['OutputDataConfig.KmsKeyId', request.OutputDataConfig?.KmsKeyId],
    ['RetryStrategy', request.RetryStrategy],
    ['DebugHookConfig', request.DebugHookConfig],
    ['ProfilerConfig', request.ProfilerConfig && !request.ProfilerConfig.DisableProfiler],
  ];
  return asked.filter(([, value]) => Boolean(value)).map(([name]) => name);
}
