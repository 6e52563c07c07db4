import { mkdirSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { resolve } from 'node:path';
import { systemClock } from '../time/clock.ts';
import type { Cloud, Journal, VerifyWebIdentity } from './contract.ts';
import { control, controlPath } from './control.ts';
import { createGate, type FaultGate } from './gate.ts';
import { createJournal } from './journal.ts';
import { createCorePool } from './machines/cores.ts';
import { createMachinery } from './machines/machinery.ts';
import { createMetrics } from './services/cloudwatch/index.ts';
import { createLogs } from './services/cloudwatch-logs/index.ts';
import { createEc2 } from './services/ec2/index.ts';
import { createGetInstanceProfile } from './services/ec2/instance-profiles.ts';
import type { Ec2Options } from './services/ec2/options.ts';
import { createAuthorise } from './services/iam/authorise.ts';
import { createIam } from './services/iam/index.ts';
import { trustServices } from './services/iam/role-store.ts';
import { createLambda } from './services/lambda/index.ts';
import type { LambdaOptions } from './services/lambda/room.ts';
import { createPricing } from './services/pricing/index.ts';
import { createS3 } from './services/s3/index.ts';
import { createSageMaker, type SageMakerOptions } from './services/sagemaker/index.ts';
import { createSts } from './services/sts/index.ts';
import { createThrottle, createWeather, type WeatherName } from './weather.ts';
import { createWire } from './wire/server.ts';

export interface StartOptions {
  /** Everything on disk goes below it; made when it is missing, left when the cloud closes. */
  readonly folder: string;
  readonly weather?: WeatherName;
  /** Of the weather's throttles. */
  readonly seed?: number;
  readonly region?: string;
  /** 0, the default: any that is free. */
  readonly port?: number;
  /** Buckets that are there from the beginning. */
  readonly buckets?: readonly string[];
  /**
   * Roles that are there from the beginning. `trust`: services that may assume them, or a whole trust policy. `policies`: documents
   * of what they may do, by name; a role without any may do everything.
   */
  readonly roles?: readonly {
    readonly arn: string;
    readonly trust: readonly string[] | object;
    readonly policies?: Readonly<Record<string, object>>;
  }[];
  /** Without it AssumeRoleWithWebIdentity refuses every token. */
  readonly verifyWebIdentity?: VerifyWebIdentity;
  /** Sessions of assumed roles last no longer, whatever was asked for: so that a test sees credentials expire. */
  readonly maxSessionSeconds?: number;
  /** Of the machines that train and serve: quotas, cores, the grace of a stop, how long AWS's minutes last. */
  readonly training?: SageMakerOptions;
  /** Of Lambda: the account's concurrency, the workers of this machine, how long one idles. */
  readonly functions?: LambdaOptions;
  /** Of EC2: instance profiles, subnets, capacity, quotas, how long a minute lasts. */
  readonly ec2?: Ec2Options;
  /** Shared with the local GitHub, so that one journal has the order of everything. */
  readonly journal?: Journal;
  readonly gate?: FaultGate;
}

export interface RunningCloud {
  /** `http://127.0.0.1:<port>`, for AWS_ENDPOINT_URL. */
  readonly url: string;
  readonly cloud: Cloud;
  /** Cuts every connection, ends every process the cloud started and waits until they are gone. */
  close(): Promise<void>;
}

const account = '000000000000';

/** Starts an AWS on 127.0.0.1 that executes. */
export async function startCloud(options: StartOptions): Promise<RunningCloud> {
  const folder = resolve(options.folder);
  mkdirSync(folder, { recursive: true });
  const region = options.region ?? 'us-east-1';
  const clock = systemClock;
  const weather = createWeather(options.weather ?? 'calm');
  const journal = options.journal ?? createJournal(clock);
  const gate = options.gate ?? createGate(clock);

  const s3 = createS3({ folder, region, clock });
  const iam = createIam({ clock, weather, account });
  const { verifyWebIdentity, maxSessionSeconds } = options;
  const sts = createSts({ clock, account, roles: iam.roles, verifyWebIdentity, maxSessionSeconds });
  const logs = createLogs({ clock, weather });
  const metrics = createMetrics({ clock, weather, region, account });
  const { buckets } = s3;
  const cloud: Cloud = {
    folder,
    account,
    region,
    clock,
    weather,
    gate,
    journal,
    buckets,
    roles: iam.roles,
    logs: logs.store,
    metrics: metrics.store,
    alarms: metrics.alarms,
  };
  for (const bucket of options.buckets ?? []) buckets.create(bucket);
  for (const { arn, trust, policies } of options.roles ?? [])
    iam.roles.add({ arn, trust: isList(trust) ? trustServices(trust) : trust, policies });
  const machines = createMachinery(cloud);
  // One pool: a training host and an instance that would halve each other's speed wait for each other.
  const pool = createCorePool(options.training?.cores);
  const training = createSageMaker(cloud, machines, options.training, pool);
  const workers = { cloud, getMachinery: machines, endpointUrl: () => url, mintSession: sts.mintForService };
  const functions = createLambda(workers, options.functions);
  const ec2 = createEc2({ cloud, machines, pool, endpointUrl: () => url, mintSession: sts.mintForService }, options.ec2);
  const instanceProfiles = { GetInstanceProfile: createGetInstanceProfile(ec2.profiles, iam.roles, clock.now()) };

  const services = [
    s3.service,
    { ...iam.service, handlers: { ...iam.service.handlers, ...instanceProfiles } },
    sts.service,
    logs.service,
    metrics.service,
    createPricing(),
    ...training.services,
    ...functions.services,
    ...ec2.services,
  ];
  const wire = createWire({
    services,
    region,
    journal,
    gate,
    identify: (key, token) => sts.sessions.identify(key, token),
    authorise: createAuthorise({ roles: iam.roles, account, clock, buckets, services, profiles: ec2.profiles }),
    throttled: createThrottle(weather, options.seed ?? 1),
  });
  const server = createServer((request, response) => void handle(request, response));
  // Long enough for a request that a test holds back; a client that stopped in the middle does not stay for ever.
  server.requestTimeout = 10 * 60_000;
  // Longer than clients keep idle connections: none is cut in the moment it is used again.
  server.keepAliveTimeout = 65_000;

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // No AWS client sends it: a web page that tries its luck with local ports does.
    if (request.headers.origin !== undefined) response.writeHead(403).end();
    else if (request.url?.startsWith(controlPath)) await control({ journal, gate, weather, ec2 }, request, response);
    else await wire(request, response);
  }

  const port = await listen(server, options.port ?? 0).catch(async (error: unknown) => {
    await Promise.all([training.close(), ec2.close()]);
    throw error;
  });
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    cloud,
    async close() {
      await Promise.all([closeServer(server), training.close(), functions.close(), ec2.close()]);
    },
  };
}

const isList = (trust: readonly string[] | object): trust is readonly string[] => Array.isArray(trust);

/** Resolves with the port it got. */
function listen(server: Server, port: number): Promise<number> {
  return new Promise((done, fail) => {
    server.once('error', fail);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', fail);
      const address = server.address();
      done(address !== null && typeof address === 'object' ? address.port : port);
    });
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((done) => {
    server.close(() => done());
    server.closeAllConnections();
  });
}
