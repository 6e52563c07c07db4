import { join } from 'node:path';
import { createClients } from '../aws/clients.ts';
import { createIdentity } from '../aws/identity.ts';
import { createJobLogs } from '../aws/job-logs.ts';
import { createJobUtilisation } from '../aws/job-utilisation.ts';
import { createObjectStore } from '../aws/object-store.ts';
import { createPrices } from '../aws/prices.ts';
import { createStagingStore } from '../aws/staging-store.ts';
import { createTrainingJobs } from '../aws/training-jobs.ts';
import { createTuningJobs } from '../aws/tuning-jobs.ts';
import type { Zone } from '../records/context.ts';
import type { StreamingObjectStore } from '../records/ports.ts';
import { createRecordStore, createTuningStore, type RecordStore, type TuningStore } from '../records/store.ts';
import type { Log } from '../runner/ports.ts';
import { mintWebIdentity } from '../runner/web-identity.ts';
import type { StagingStore } from '../staging/ports.ts';
import { type Clock, systemClock } from '../time/clock.ts';
import type { Identity, JobLogs, JobUtilisation, Prices, TrainingJobs, TuningJobs } from '../training/ports.ts';
import { localAccount } from './local-account.ts';
import { type Ec2Side, wireEc2 } from './wire-ec2.ts';

interface Place {
  readonly region: string;
  readonly bucket: string;
  readonly zone: Zone;
  readonly runId: string;
  readonly roleToAssume: string | undefined;
  /** The runner's temp folder. */
  readonly temp: string;
  readonly log: Log;
}

/** The adapters behind the ports of every action that trains or reports. */
interface AwsSide {
  readonly jobs: TrainingJobs;
  readonly tuning: TuningJobs;
  readonly logs: JobLogs;
  readonly utilisation: JobUtilisation;
  readonly prices: Prices;
  /** Runs on EC2; nothing of its clients is loaded before the first call. */
  readonly ec2: Ec2Side;
  /** Records of the run's own zone. */
  readonly records: RecordStore;
  /** Records of another one, to read. */
  readonly openRecords: (zone: Zone) => Omit<RecordStore, 'write'>;
  /** The same of tuning jobs. */
  readonly tuningRecords: TuningStore;
  readonly openTuningRecords: (zone: Zone) => Omit<TuningStore, 'write'>;
  readonly identity: Identity;
  readonly objects: StreamingObjectStore;
  readonly staging: StagingStore;
  readonly log: Log;
  readonly clock: Clock;
}

/** The AWS side of an action. Nothing is called until it is used. */
export function wireAws(place: Place): AwsSide {
  const { log, region, bucket, zone } = place;
  const clock = systemClock;
  const clients = createClients({
    region,
    sessionName: `trainyard-${place.runId}`,
    mask: (secret) => log.mask(secret),
    clock,
    ...(place.roleToAssume === undefined ? {} : { roleToAssume: place.roleToAssume, mintWebIdentity }),
  });
  const objects = createObjectStore(clients);
  const folder = join(place.temp, 'trainyard');
  const warn = (message: string) => log.warning(message);
  const openRecords = (of: Zone) => createRecordStore({ objects, bucket, zone: of, folder, warn });
  const openTuningRecords = (of: Zone) => createTuningStore({ objects, bucket, zone: of, folder, warn });
  const identity = askOnce(createIdentity(clients));
  return {
    jobs: createTrainingJobs(clients),
    tuning: createTuningJobs(clients),
    logs: createJobLogs(clients),
    utilisation: createUtilisation(identity, (periodSeconds) => createJobUtilisation(clients, { clock, periodSeconds })),
    prices: createPrices(clients, { region }),
    ec2: wireEc2(clients, { ...place, objects, identity, clock }),
    records: openRecords(zone),
    openRecords,
    tuningRecords: openTuningRecords(zone),
    openTuningRecords,
    identity,
    objects,
    staging: createStagingStore(clients, objects),
    log,
    clock,
  };
}

function askOnce(identity: Identity): Identity {
  let answer: ReturnType<Identity['whoAmI']> | undefined;
  return { whoAmI: () => (answer ??= identity.whoAmI()) };
}

/** SageMaker publishes each minute; the local cloud, whose jobs last seconds, each second. */
function createUtilisation(identity: Identity, create: (periodSeconds: number) => JobUtilisation): JobUtilisation {
  return {
    async read(job) {
      const { account } = await identity.whoAmI();
      return create(account === localAccount ? 1 : 60).read(job);
    },
  };
}
