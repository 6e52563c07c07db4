import type { Instance } from '@aws-sdk/client-ec2';
import { expect } from '@jest/globals';
import type { Ec2Options } from '../../src/cloud/services/ec2/options.ts';
import { bucket, trainingRole } from './facts.ts';
import type { Job, ProjectChanges } from './job.ts';
import type { LocalCloud } from './local-cloud.ts';
import { annotations } from './stable.ts';
import type { RunningStep, StepOutcome } from './step.ts';
import { until } from './until.ts';
import { inWorld, type World } from './world.ts';

export const action = 'train-on-ec2';
/** Name of the instance profile, and of its role. */
const box = 'octo-box';

/** What it may do is told elsewhere; here it may do everything. */
const roles = [
  { arn: trainingRole, trust: ['sagemaker.amazonaws.com'] },
  { arn: `arn:aws:iam::000000000000:role/${box}`, trust: ['ec2.amazonaws.com'] },
];

/** Machines shut down and are taken back in seconds; their clocks are real. */
const quick: Ec2Options = {
  instanceProfiles: [{ name: box, role: `arn:aws:iam::000000000000:role/${box}` }],
  noticeSeconds: 8,
  shutdownSeconds: 2,
};

/** A world whose account has an instance profile. */
export const inEc2World = (options: Ec2Options, act: (world: World) => Promise<void>): Promise<void> =>
  inWorld('calm', { buckets: [bucket], roles, ec2: { ...quick, ...options } }, act);

/** A project with one run on EC2, `box`. @param run more keys of it, as flow YAML, beginning with the instance type */
export function onEc2(changes: ProjectChanges = {}, run = 'instance-type: m5.large'): ProjectChanges {
  return {
    ...changes,
    spec: (text) => {
      const own = text
        .replace(/roles: \{ /, () => `roles: { ec2: ${box}, `)
        .replace(/single: \{.*\}/, () => `box: { on: ec2, ${run} }`)
        .replace('max-runtime: 5m', 'max-runtime: 1m');
      return changes.spec ? changes.spec(own) : own;
    },
  };
}

/** Every instance of the account as it is, past weather and journal. */
export async function listInstances(cloud: LocalCloud): Promise<Instance[]> {
  return (await (await fetch(`${cloud.aws.url}/_cloud/instances`)).json()) as Instance[];
}

export const statesOf = async (cloud: LocalCloud): Promise<unknown[]> =>
  (await listInstances(cloud)).map(({ State }) => State?.Name);

/** Waits until no instance is left that could be billed. */
export const untilTerminated = (cloud: LocalCloud, seconds?: number): Promise<true> =>
  until(
    'every instance to end',
    async () => (await statesOf(cloud)).every((state) => state === 'terminated') || undefined,
    seconds,
  );

/** Gives a running spot instance its notice. */
export async function interrupt(cloud: LocalCloud, instance: string): Promise<void> {
  const body = JSON.stringify({ instance });
  const answer = await fetch(`${cloud.aws.url}/_cloud/interrupt`, { method: 'POST', body });
  if (!answer.ok) throw new Error(`${instance} was not interrupted: ${answer.status} ${await answer.text()}`);
}

/** Waits until a running step has said this. */
export async function untilSaid(step: RunningStep, words: string, seconds = 60): Promise<void> {
  let text = '';
  step.process.stdout?.on('data', (more: string) => (text += more));
  const ended = { over: false };
  void step.done.then(() => (ended.over = true));
  await until(
    `the step to say ${JSON.stringify(words)}`,
    () => {
      if (text.includes(words)) return true;
      if (ended.over) throw new Error(`The step ended without saying ${JSON.stringify(words)}:\n${text}`);
      return undefined;
    },
    seconds,
  );
}

/** Kills a step, as a lost runner does, in the moment in which EC2 has the machine and the step has no answer yet. */
export async function killAtLaunch(cloud: LocalCloud, job: Job): Promise<StepOutcome> {
  await cloud.addFault({
    id: 'kill',
    service: 'ec2',
    operation: 'RunInstances',
    nth: 1,
    when: 'after',
    effect: { kind: 'pause' },
  });
  const main = job.step(action);
  const held = await cloud.paused(30_000);
  main.process.kill('SIGKILL');
  const killed = await main.done;
  if (held === undefined) throw new Error(`No machine was asked for:\n${killed.log}`);
  await cloud.release(held);
  await cloud.clearFaults();
  return killed;
}

/** The message of the only error that a step which failed tells. */
export function getOnlyError({ exitCode, log }: StepOutcome): string {
  const errors = annotations(log).filter(({ level }) => level === 'error');
  expect({ exitCode, errors: errors.length, log: exitCode === 1 && errors.length === 1 ? '' : log }).toEqual({
    exitCode: 1,
    errors: 1,
    log: '',
  });
  return errors[0]?.message ?? '';
}
