import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Channel, CreateTrainingJobRequest } from '@aws-sdk/client-sagemaker';

/** One instance of a job, before anything runs on it. */
export interface HostFolder {
  /** algo-1, algo-2, …: how logs and metrics call it. */
  readonly label: string;
  /** Its address is its name too, so that a script needs no name service. */
  readonly address: string;
  /** Everything of the host on disk. */
  readonly root: string;
  /** What /opt/ml is on SageMaker. */
  readonly optMl: string;
}

/** Lays out /opt/ml as SageMaker does before the container starts. */
export async function layOutHost(
  host: HostFolder,
  request: CreateTrainingJobRequest,
  addresses: readonly string[],
): Promise<void> {
  const folders = ['input/config', 'input/data', 'model', 'output/data', 'output/intermediate', 'code', 'checkpoints'];
  for (const folder of folders) await mkdir(join(host.optMl, folder), { recursive: true });
  for (const folder of ['home', 'tmp']) await mkdir(join(host.root, folder), { recursive: true });
  const write = (name: string, content: unknown) =>
    writeFile(join(host.optMl, 'input/config', name), `${JSON.stringify(content, null, 2)}\n`);
  const hyperparameters = Object.entries(request.HyperParameters ?? {}).map(([name, value]) => [
    name,
    moveOptMl(value, host.optMl),
  ]);
  await write('hyperparameters.json', Object.fromEntries(hyperparameters));
  await write('resourceconfig.json', describeResources(host, request, addresses));
  await write(
    'inputdataconfig.json',
    Object.fromEntries(
      (request.InputDataConfig ?? []).map((channel) => [channel.ChannelName, describeChannel(request, channel)]),
    ),
  );
}

function describeResources(host: HostFolder, request: CreateTrainingJobRequest, addresses: readonly string[]) {
  const type = request.ResourceConfig?.InstanceType;
  return {
    current_host: host.address,
    current_instance_type: type,
    current_group_name: 'homogeneousCluster',
    hosts: addresses,
    instance_groups: [{ instance_group_name: 'homogeneousCluster', instance_type: type, hosts: addresses }],
    network_interface_name: 'lo',
  };
}

function describeChannel(request: CreateTrainingJobRequest, channel: Channel) {
  return {
    TrainingInputMode: channel.InputMode ?? request.AlgorithmSpecification?.TrainingInputMode,
    S3DistributionType: channel.DataSource?.S3DataSource?.S3DataDistributionType ?? 'FullyReplicated',
    RecordWrapperType: channel.RecordWrapperType ?? 'None',
    ...(channel.ContentType !== undefined && { ContentType: channel.ContentType }),
  };
}

/** Paths below /opt/ml in a command, an argument or a value, led to the host's folder. */
export function moveOptMl(text: string, optMl: string): string {
  return text.replaceAll(/(?<![\w./-])\/opt\/ml(?![\w.-])/g, () => optMl);
}
