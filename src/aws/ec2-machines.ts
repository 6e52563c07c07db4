import {
  DescribeImagesCommand,
  DescribeInstancesCommand,
  EC2Client,
  GetConsoleOutputCommand,
  type Filter,
  RunInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { ActionError } from '../action-error.ts';
import type { Machine, MachineImage, MachineRequest, Machines } from '../training/ec2/ports.ts';
import type { Clients } from './clients.ts';
import { readRefusal } from './ec2-errors.ts';
import { readImage, readMachine, toRunRequest } from './ec2-request.ts';
import { call, findCode } from './errors.ts';

/** `InsufficientInstanceCapacity` comes as a server's error: the next zone is better than many tries in this one. */
const startAttempts = 3;
const consoleLines = 40;
/** A console has colours and carriage returns. */
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const unprintable = /\u001B\[[0-9;?]*[a-zA-Z]|[\u0000-\u0008\u000B-\u001F\u007F]/g;

/** Machines of EC2, found by their tags. */
export function createMachines(clients: Clients): Machines {
  const ec2 = clients.of(EC2Client);
  const ssm = clients.of(SSMClient);

  async function list(filters: Filter[]): Promise<Machine[]> {
    const found: Machine[] = [];
    let token: string | undefined;
    do {
      const command = new DescribeInstancesCommand({ Filters: filters, NextToken: token });
      const page = await call({ action: 'ec2:DescribeInstances', resource: 'machines by their tags' }, () => ec2.send(command));
      found.push(
        ...(page.Reservations ?? []).flatMap(({ Instances = [] }) => Instances.flatMap((one) => readMachine(one) ?? [])),
      );
      token = page.NextToken === '' ? undefined : page.NextToken;
    } while (token !== undefined);
    return found;
  }

  async function start(request: MachineRequest): ReturnType<Machines['start']> {
    try {
      const answer = await clients
        .of(EC2Client, { maxAttempts: startAttempts })
        .send(new RunInstancesCommand(toRunRequest(request)));
      const machine = answer.Instances?.[0] && readMachine(answer.Instances[0]);
      if (machine) return { outcome: 'started', machine };
      throw new ActionError({ kind: 'aws', message: 'EC2 started a machine and did not say which.', fix: 'Re-run this job.' });
    } catch (error) {
      if (findCode(error) === 'IdempotentParameterMismatch') {
        // An earlier attempt of this step started it, with other times in its tags.
        const [machine] = await list([{ Name: 'client-token', Values: [request.clientToken] }]);
        if (machine) return { outcome: 'started', machine };
      }
      const refusal = readRefusal(error, request);
      if (refusal.unavailable) return { outcome: 'unavailable', error: refusal.error };
      throw refusal.error;
    }
  }

  async function findParameter(name: string): Promise<string | undefined> {
    return call({ action: 'ssm:GetParameter', resource: `the public parameter ${name}` }, async () => {
      try {
        return (await ssm.send(new GetParameterCommand({ Name: name }))).Parameter?.Value;
      } catch (error) {
        if (findCode(error) === 'ParameterNotFound' || findCode(error) === 'ParameterVersionNotFound') return undefined;
        throw error;
      }
    });
  }

  async function describeImage(id: string, parameter: string): Promise<MachineImage | undefined> {
    return call({ action: 'ec2:DescribeImages', resource: `the machine image ${id}` }, async () => {
      try {
        const { Images: [image] = [] } = await ec2.send(new DescribeImagesCommand({ ImageIds: [id] }));
        return image && readImage(image, parameter);
      } catch (error) {
        if (findCode(error)?.startsWith('InvalidAMIID.')) return undefined;
        throw error;
      }
    });
  }

  async function readConsole(id: string, latest: boolean): Promise<string[]> {
    const { Output = '' } = await ec2.send(new GetConsoleOutputCommand({ InstanceId: id, Latest: latest }));
    const text = Buffer.from(Output, 'base64').toString('utf8');
    const lines = text.split(/\r?\n/).map((line) => line.replaceAll(unprintable, '').trimEnd());
    return lines.filter((line) => line !== '').slice(-consoleLines);
  }

  return {
    start,
    find: (tags) => list(Object.entries(tags).map(([key, value]) => ({ Name: `tag:${key}`, Values: [escapeFilter(value)] }))),
    async findImage(parameters) {
      for (const parameter of parameters) {
        const id = await findParameter(parameter);
        const image = id === undefined ? undefined : await describeImage(id, parameter);
        if (image) return image;
      }
      return undefined;
    },
    async terminate(id) {
      return call({ action: 'ec2:TerminateInstances', resource: `the machine ${id}` }, async () => {
        try {
          const { TerminatingInstances: [change] = [] } = await ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
          return change?.PreviousState?.Name === 'terminated' ? 'ended' : 'requested';
        } catch (error) {
          if (findCode(error)?.startsWith('InvalidInstanceID.')) return 'missing';
          throw error;
        }
      });
    },
    async console(id) {
      return call({ action: 'ec2:GetConsoleOutput', resource: `the machine ${id}` }, async () => {
        try {
          return await readConsole(id, true);
        } catch (error) {
          // Older kinds of machines have only the snapshot of their last change of state.
          if (findCode(error) === 'UnsupportedOperation') return readConsole(id, false);
          throw error;
        }
      });
    },
  };
}

/** `*`, `?` and `\` have a meaning in the values of filters. */
const escapeFilter = (value: string) => value.replaceAll(/[*?\\]/g, (sign) => `\\${sign}`);
