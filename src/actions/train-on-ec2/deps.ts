import type { RecordStore } from '../../records/store.ts';
import type { BoxJobs } from '../../training/ec2/jobs.ts';
import type { MachinePrices, Machines } from '../../training/ec2/ports.ts';
import type { Ec2Settling, SettleDeps } from '../../training/settling/deps.ts';
import type { Settings as TrainSettings, TrainDeps } from '../train-model/deps.ts';

/** What training on EC2 needs. */
export interface Ec2Deps extends Omit<TrainDeps, 'jobs' | 'prices'> {
  readonly jobs: BoxJobs;
  readonly machines: Pick<Machines, 'findImage'>;
  readonly machinePrices: MachinePrices;
  readonly ec2: Ec2Settling;
  /** The zone's runs on both services, which spend from the same budget. */
  readonly runs: SettleDeps & { readonly records: Pick<RecordStore, 'write' | 'listAll'> };
  /** Path of `training/box/agent.py`. */
  readonly agent: string;
}

/** What is asked of this step, read from inputs and spec. */
export interface Settings extends TrainSettings {
  /** SSM parameters of the input; empty: those that fit. */
  readonly imageParameters: readonly string[];
}
