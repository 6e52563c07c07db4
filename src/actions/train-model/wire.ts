import { join } from 'node:path';
import { createClients } from '../../aws/clients.ts';
import { createIdentity } from '../../aws/identity.ts';
import { createJobLogs } from '../../aws/job-logs.ts';
import { createJobUtilisation } from '../../aws/job-utilisation.ts';
import { createObjectStore } from '../../aws/object-store.ts';
import { createPrices } from '../../aws/prices.ts';
import { createTrainingJobs } from '../../aws/training-jobs.ts';
import type { Zone } from '../../records/context.ts';
import { createRecordStore } from '../../records/store.ts';
import type { Log } from '../../runner/ports.ts';
import { mintWebIdentity } from '../../runner/web-identity.ts';
import { systemClock } from '../../time/clock.ts';
import type { Identity, JobUtilisation } from '../../training/ports.ts';
import type { SettleDeps, TrainDeps } from './deps.ts';
import { localAccount } from './local-account.ts';

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

/** The AWS side of main and post. Nothing is called until it is used. */
export function wire(place: Place): SettleDeps & Pick<TrainDeps, 'identity' | 'prices' | 'objects'> {
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
  const identity = askOnce(createIdentity(clients));
  return {
    jobs: createTrainingJobs(clients),
    logs: createJobLogs(clients),
    utilisation: createUtilisation(identity, (periodSeconds) => createJobUtilisation(clients, { clock, periodSeconds })),
    prices: createPrices(clients, { region }),
    records: createRecordStore({
      objects,
      bucket,
      zone,
      folder: join(place.temp, 'trainyard'),
      warn: (message) => log.warning(message),
    }),
    identity,
    objects,
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
