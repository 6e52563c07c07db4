import { rm } from 'node:fs/promises';
import type * as ec2 from '@aws-sdk/client-ec2';
import type { Weather } from '../../../src/cloud/contract.ts';
import { createCorePool } from '../../../src/cloud/machines/cores.ts';
import { createMachinery } from '../../../src/cloud/machines/machinery.ts';
import { images } from '../../../src/cloud/services/ec2/images.ts';
import { createInstances } from '../../../src/cloud/services/ec2/index.ts';
import type { Ec2Options } from '../../../src/cloud/services/ec2/options.ts';
import { createFolderCloud, role } from './sagemaker/local-training.ts';

/** Amazon Linux 2023: a root volume of 8 GB at /dev/xvda. */
export const imageId = images[0]?.id ?? '';
export const profile = 'box';

const patienceMs = 20_000;

/** EC2 on this machine, called without the wire. A minute of `shutdown` lasts a second, a spot notice half a second. */
export async function startEc2(options: Ec2Options & { cores?: number } = {}, weather: Partial<Weather> = {}) {
  const { cloud, folder, clock, metrics } = await createFolderCloud(weather);
  const { cores = 2, ...own } = options;
  const mintSession = (roleArn: string, sessionName: string) => ({
    AccessKeyId: `key of ${roleArn.split('/').at(-1)} for ${sessionName}`,
    SecretAccessKey: 'secret',
    SessionToken: 'token',
    Expiration: new Date(clock.now().getTime() + 3_600_000),
  });
  const instances = createInstances(
    {
      cloud,
      machines: createMachinery(cloud),
      pool: createCorePool(cores),
      endpointUrl: () => 'http://127.0.0.1:9',
      mintSession,
    },
    {
      minuteSeconds: 1,
      noticeSeconds: 0.5,
      shutdownSeconds: 1,
      instanceProfiles: [
        { name: profile, role },
        { name: 'stranger', role: 'arn:aws:iam::000000000000:role/stranger' },
      ],
      ...own,
    },
  );
  const { handlers } = instances;
  const find = (id: string): ec2.Instance | undefined =>
    handlers
      .DescribeInstances({ Filters: [{ Name: 'instance-id', Values: [id] }] })
      .Reservations?.flatMap(({ Instances = [] }) => Instances)[0];
  const console = (id: string) => Buffer.from(handlers.GetConsoleOutput({ InstanceId: id }).Output ?? '', 'base64').toString();
  /** Polls until `probe` gives something; throws with what the machine wrote. */
  const until = async <T>(id: string, probe: () => T | undefined): Promise<T> => {
    for (let waited = 0; waited < patienceMs; waited += 20) {
      const value = probe();
      if (value !== undefined) return value;
      await clock.sleep(20);
    }
    throw new Error(`${id} did not get there: ${JSON.stringify(find(id)?.State)}\n${console(id)}`);
  };
  return {
    ...instances,
    folder,
    metrics,
    find,
    console,
    /** Starts one machine that runs `script`. @returns its id */
    run: (script: string | undefined, more: Partial<ec2.RunInstancesRequest> = {}): string =>
      handlers.RunInstances(requestOf(script, more)).Instances?.[0]?.InstanceId ?? '',
    untilState: (id: string, state: ec2.InstanceStateName) =>
      until(id, () => {
        const seen = find(id);
        return seen?.State?.Name === state ? seen : undefined;
      }),
    /** @returns the first group of the pattern, or all of the match */
    untilWritten: (id: string, pattern: RegExp) =>
      until(id, () => {
        const found = pattern.exec(console(id));
        return found ? (found[1] ?? found[0]) : undefined;
      }),
    close: async () => {
      await instances.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export function requestOf(script: string | undefined, more: Partial<ec2.RunInstancesRequest> = {}): ec2.RunInstancesRequest {
  return {
    ImageId: imageId,
    InstanceType: 'm5.xlarge',
    MinCount: 1,
    MaxCount: 1,
    InstanceInitiatedShutdownBehavior: 'terminate',
    ...(script !== undefined && { UserData: Buffer.from(script).toString('base64') }),
    ...more,
  };
}
