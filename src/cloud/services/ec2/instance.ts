import type * as ec2 from '@aws-sdk/client-ec2';
import type { Clock } from '../../../time/clock.ts';
import type { Image } from './images.ts';
import type { InstanceProfile } from './instance-profiles.ts';
import type { SecurityGroup, Subnet } from './network.ts';
import type { SpotRequest } from './spot-requests.ts';
import { viewInstance } from './view-instance.ts';
import type { Volume } from './volumes.ts';

/** What a launch decided about a machine, once and for all. */
export interface InstancePlan {
  readonly image: Image;
  readonly instanceType: ec2._InstanceType;
  readonly vcpus: number;
  readonly subnet: Subnet;
  readonly vpc: string;
  readonly groups: readonly SecurityGroup[];
  readonly profile: InstanceProfile | undefined;
  /** Decoded. */
  readonly userData: Buffer | undefined;
  readonly market: 'spot' | 'on-demand';
  readonly onShutdown: 'stop' | 'terminate';
  readonly detailedMonitoring: boolean;
  readonly metadata: {
    readonly enabled: boolean;
    readonly tokenRequired: boolean;
    readonly tags: boolean;
    /** Shown only: nothing on this machine is a hop away. */
    readonly hopLimit: number;
  };
  readonly clientToken: string;
}

/** A machine as the cloud keeps it. Only `changeInstance` changes what can be seen of it. */
export interface Instance {
  readonly id: string;
  readonly reservation: string;
  readonly networkInterface: string;
  readonly index: number;
  readonly plan: InstancePlan;
  /** A loopback address that no other machine of this cloud has. */
  readonly address: string;
  readonly created: Date;
  readonly tags: Map<string, string>;
  readonly interfaceTags: Map<string, string>;
  readonly volume: Volume;
  readonly spot: SpotRequest | undefined;
  readonly state: InstanceState;
  /** What could be seen of it, and since when; the last is the present. */
  readonly history: { readonly atMs: number; readonly view: ec2.Instance }[];
  /** Aborted when the machine shall shut down; `state.goal` says what it becomes. */
  readonly end: AbortController;
  /** Aborted when the cloud closes: no grace. */
  readonly close: AbortController;
}

export type StateName = 'pending' | 'running' | 'shutting-down' | 'terminated' | 'stopping' | 'stopped';

export interface InstanceState {
  name: StateName;
  /** When the machine was really there: until it has a core, when it was asked for. */
  launched: Date;
  ended?: Date;
  goal: 'terminated' | 'stopped';
  reason?: EndReason;
  /** Set with a spot instance's notice. */
  interruptedAt?: Date;
  readonly console: { readonly at: Date; readonly text: string }[];
}

/** Why a machine ends, in EC2's words. */
export interface EndReason {
  readonly code: string;
  readonly message: string;
  /** EC2's StateTransitionReason; empty where the machine ended itself. */
  readonly transition: string;
}

export const reasons = {
  user: (now: Date, code: 'Client.UserInitiatedShutdown' = 'Client.UserInitiatedShutdown'): EndReason => ({
    code,
    message: `${code}: User initiated shutdown`,
    transition: `User initiated (${gmt(now)})`,
  }),
  itself: {
    code: 'Client.InstanceInitiatedShutdown',
    message: 'Client.InstanceInitiatedShutdown: Instance initiated shutdown',
    transition: '',
  },
  spot: (now: Date): EndReason => ({
    code: 'Server.SpotInstanceTermination',
    message: 'Server.SpotInstanceTermination: Spot instance termination',
    transition: `Service initiated (${gmt(now)})`,
  }),
  /** @param message begins with its code, as EC2's do */
  launch: (message: string): EndReason => {
    const code = message.split(':')[0] ?? '';
    return { code, message, transition: code };
  },
} as const;

/** `2026-11-22 08:20:00 GMT`. */
const gmt = (date: Date) => `${date.toISOString().slice(0, 19).replace('T', ' ')} GMT`;

/** Changes the state and remembers what is seen from now on. */
export function changeInstance(instance: Instance, clock: Clock, change: Partial<InstanceState> = {}): void {
  Object.assign(instance.state, change);
  instance.history.push({ atMs: clock.now().getTime(), view: viewInstance(instance) });
}

/** Asks a machine to shut down. One that is stopped or stopping can still be terminated; otherwise the first order stands. */
export function endInstance(instance: Instance, clock: Clock, goal: 'terminated' | 'stopped', reason: EndReason): void {
  const { state } = instance;
  if (state.name === 'stopped' && goal === 'terminated') {
    finishInstance(instance, clock, { goal, reason });
    return;
  }
  const upgrade = state.name === 'stopping' && goal === 'terminated';
  if (instance.end.signal.aborted && !upgrade) return;
  changeInstance(instance, clock, { name: goal === 'terminated' ? 'shutting-down' : 'stopping', goal, reason });
  instance.end.abort();
}

/** The machine is gone: its volume goes with it, or stays. */
export function finishInstance(instance: Instance, clock: Clock, change: Partial<InstanceState> = {}): void {
  const goal = change.goal ?? instance.state.goal;
  const ended = instance.state.ended ?? clock.now();
  changeInstance(instance, clock, { ...change, name: goal, ended });
  if (goal === 'stopped') return;
  instance.volume.release();
  instance.spot?.close(instance.state.reason?.code, clock.now());
}

export const isOver = ({ state }: Instance) => state.name === 'terminated' || state.name === 'stopped';
