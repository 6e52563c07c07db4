import type { Credentials } from '@aws-sdk/client-sts';
import type { Cloud } from '../../contract.ts';
import type { CorePool } from '../../machines/cores.ts';
import type { GetMachinery } from '../../machines/machinery.ts';
import type { InstanceProfile } from './instance-profiles.ts';
import type { InstanceTable } from './instance-table.ts';
import type { MachineAddresses } from './machine-addresses.ts';
import type { Network } from './network.ts';
import type { Ec2Options, Shortage } from './options.ts';

/** What EC2 takes of the rest of the cloud. */
export interface Ec2Deps {
  readonly cloud: Cloud;
  readonly machines: GetMachinery;
  /** The cores that training hosts take theirs from. */
  readonly pool: CorePool;
  /** Of the cloud itself, for the machines' SDKs. */
  readonly endpointUrl: () => string;
  /** Keys of a session of a role. */
  readonly mintSession: (roleArn: string, sessionName: string) => Credentials;
}

/** Everything EC2's operations work on. */
export interface Ec2Room extends Ec2Deps {
  readonly options: Ec2Options;
  readonly times: { readonly minuteMs: number; readonly noticeMs: number; readonly shutdownSeconds: number };
  readonly network: Network;
  readonly profiles: readonly InstanceProfile[];
  readonly table: InstanceTable;
  readonly addresses: MachineAddresses;
  /** Can change while the cloud runs. */
  readonly shortages: Shortage[];
}
