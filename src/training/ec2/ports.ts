import type { Price } from '../../records/record.ts';

/** A machine of EC2 as we ask for it. The adapter turns it into the service's request; nothing of it goes through a shell. */
export interface MachineRequest {
  /** At most 64 ASCII characters; the same token never makes a second machine. */
  readonly clientToken: string;
  readonly imageId: string;
  readonly instanceType: string;
  /** Absent: the account's default subnet of some zone. */
  readonly subnet?: string;
  readonly securityGroups: readonly string[];
  /** Name of the instance profile. */
  readonly instanceProfile: string;
  /** Text, at most 16,384 bytes. */
  readonly userData: string;
  /** Root device name of the image, and the size of the volume on it. */
  readonly rootDevice: string;
  readonly volumeGb: number;
  readonly kmsKey?: string;
  readonly spot: boolean;
  /** Of the machine, its volume, its network interface and its spot request. */
  readonly tags: Readonly<Record<string, string>>;
}

export interface Machine {
  readonly id: string;
  readonly state: 'pending' | 'running' | 'shutting-down' | 'terminated' | 'stopping' | 'stopped';
  readonly instanceType: string;
  readonly imageId: string;
  readonly zone?: string;
  readonly spot: boolean;
  readonly launched: Date;
  /** Why it ended, in EC2's words, e.g. `Server.SpotInstanceTermination: …`. */
  readonly reason?: string;
  /** From the reason's time stamp, where EC2 gives one. */
  readonly ended?: Date;
  readonly tags: Readonly<Record<string, string>>;
}

export interface MachineImage {
  readonly id: string;
  /** SSM parameter it was found by. */
  readonly parameter: string;
  readonly name: string;
  readonly rootDevice: string;
  /** The volume may not be smaller than the image's snapshot. */
  readonly minVolumeGb: number;
  readonly architecture: string;
}

export interface Machines {
  /** The first of these public SSM parameters that exists, with its image; undefined when none does. */
  findImage(parameters: readonly string[]): Promise<MachineImage | undefined>;
  /**
   * `unavailable`: this zone, type or market has no capacity, or a vCPU quota is reached: another may have it. Every other refusal
   * is thrown as an ActionError that names what to change.
   */
  start(request: MachineRequest): Promise<{ outcome: 'started'; machine: Machine } | { outcome: 'unavailable'; error: Error }>;
  /** Every machine with all of these tags, in any state that EC2 still shows. */
  find(tags: Readonly<Record<string, string>>): Promise<Machine[]>;
  /** Idempotent. */
  terminate(id: string): Promise<'requested' | 'ended' | 'missing'>;
  /** Last lines of the machine's console; empty while EC2 has none. */
  console(id: string): Promise<string[]>;
}

/** USD for a GB of a gp3 volume for a month. */
export type VolumePrice =
  | { readonly kind: 'known'; readonly usdPerGbMonth: number; readonly source: 'pricing-api' | 'table'; readonly date: string }
  | { readonly kind: 'unknown'; readonly why: string };

export interface MachinePrices {
  /** USD per hour, on demand, Linux, shared tenancy. Never throws. */
  onDemand(instanceType: string, region: string): Promise<Price>;
  /** USD per hour on the spot market of one zone at that time. Never throws. */
  spot(instanceType: string, zone: string | undefined, at: Date): Promise<Price>;
  /** Never throws. */
  volume(region: string): Promise<VolumePrice>;
}
