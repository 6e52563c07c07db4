import type * as ec2 from '@aws-sdk/client-ec2';
import { readConsole } from './console.ts';
import { describeInstances } from './describe-instances.ts';
import { endInstance, type Instance, reasons } from './instance.ts';
import { refuse, refuseDryRun } from './refuse.ts';
import type { Ec2Room } from './room.ts';
import { createRunInstances } from './run-instances.ts';
import { stateCodes } from './view-instance.ts';

/** EC2's instances, by operation. @param start begins a machine's life */
export function createInstanceHandlers(room: Ec2Room, start: (instance: Instance) => void) {
  const { clock } = room.cloud;
  const end = (instance: Instance, goal: 'terminated' | 'stopped'): ec2.InstanceStateChange => {
    const before = instance.state.name;
    endInstance(instance, clock, goal, reasons.user(clock.now()));
    const after = instance.state.name;
    return {
      InstanceId: instance.id,
      PreviousState: { Code: stateCodes[before], Name: before },
      CurrentState: { Code: stateCodes[after], Name: after },
    };
  };

  return {
    RunInstances: createRunInstances(room, start),
    DescribeInstances: (input: ec2.DescribeInstancesRequest) => describeInstances(input, room),
    TerminateInstances: (input: ec2.TerminateInstancesRequest): ec2.TerminateInstancesResult => {
      const instances = room.table.get(input.InstanceIds ?? []);
      refuseDryRun(input.DryRun);
      return { TerminatingInstances: instances.map((instance) => end(instance, 'terminated')) };
    },
    StopInstances: (input: ec2.StopInstancesRequest): ec2.StopInstancesResult => {
      const instances = room.table.get(input.InstanceIds ?? []);
      refuseDryRun(input.DryRun);
      instances.forEach(refuseStop);
      return { StoppingInstances: instances.map((instance) => end(instance, 'stopped')) };
    },
    GetConsoleOutput: (input: ec2.GetConsoleOutputRequest): ec2.GetConsoleOutputResult => {
      const [instance] = room.table.get([input.InstanceId ?? '']);
      refuseDryRun(input.DryRun);
      const until = new Date(clock.now().getTime() - room.cloud.weather.logsDelayMs);
      const seen = instance && readConsole(instance, until);
      return { InstanceId: input.InstanceId, ...(seen && { Timestamp: seen.at, Output: seen.output }) };
    },
  };
}

function refuseStop({ id, state, spot }: Instance): void {
  if (spot)
    throw refuse(
      'UnsupportedOperation',
      `You can't stop the Spot Instance '${id}' because it is associated with a one-time Spot Instance request. You can only stop Spot Instances associated with persistent Spot Instance requests.`,
    );
  if (state.name === 'terminated' || state.name === 'shutting-down')
    throw refuse('IncorrectInstanceState', `This instance '${id}' is not in a state from which it can be stopped.`);
}
