import type { ObjectStore } from '../../records/ports.ts';
import type { Price } from '../../records/record.ts';
import type { Clock } from '../../time/clock.ts';
import type { TrainingJob } from '../ports.ts';
import { boxKeys } from './box-keys.ts';
import { boxStatus, type BoxStatus } from './box.ts';
import { isFinalStatus, isLive, readBoxJob, type RecordedMachine } from './job-state.ts';
import { getBilledSeconds } from './money.ts';
import type { Machine, MachinePrices, MachineRequest, Machines } from './ports.ts';

export const jobTag = 'trainyard:job';
/** A machine that must outlive its workflow run says so: the sweeper takes others when their run is over. */
export const outlivesTag = 'trainyard:outlives-run';
const repositoryTag = 'trainyard:repo';

/** How long EC2's lists may not show what it has answered for. */
const visibleWithinMs = 5 * 60_000;

export interface BoxJobsOptions {
  readonly machines: Machines;
  readonly prices: MachinePrices;
  readonly objects: Pick<ObjectStore, 'readText'>;
  /** s3:// URI of the trust zone, with a slash at the end. */
  readonly zone: string;
  readonly region: string;
  /** owner/name; machines of others are never looked at nor ended. */
  readonly repository: string;
  /** Workflow run that asks. */
  readonly runId: string;
  /** `arn:aws:ec2:<region>:<account>:instance/` */
  readonly arnPrefix: () => Promise<string>;
  readonly clock: Clock;
}

/** Runs on EC2, in the manner of training jobs: a run is its machines, found by tag, and what the program on them says in S3. */
export interface BoxJobs {
  /** One machine of the job that its tag names. @throws ActionError of kind `capacity` or `quota` when another may be had */
  start(request: MachineRequest): Promise<{ outcome: 'started'; arn: string }>;
  describe(name: string): Promise<TrainingJob | undefined>;
  tags(arn: string): Promise<Record<string, string>>;
  /** Ends every machine of the job at once; the program on it gets SIGTERM and uploads what there is time for. */
  stop(name: string): Promise<'requested' | 'ended' | 'missing'>;
}

export function createBoxJobs(options: BoxJobsOptions): BoxJobs {
  const { machines, clock } = options;
  const known = new Map<string, Machine>();
  const endSeen = new Map<string, Date>();
  const prices = new Map<string, Promise<Price>>();
  const consoles = new Map<string, Promise<string[]>>();

  /** EC2's list, and what has been started here and is not in it yet. */
  async function find(name: string): Promise<Machine[]> {
    const listed = await machines.find({ [jobTag]: name, [repositoryTag]: options.repository });
    const now = clock.now();
    for (const machine of listed) {
      const before = known.get(machine.id);
      if (before && isLive(before) && !isLive(machine)) endSeen.set(machine.id, now);
      // Lists lag behind, so one may show an end and the next one not.
      if (!before || isLive(before)) known.set(machine.id, machine);
    }
    const ids = new Set(listed.map(({ id }) => id));
    return [...known.values()]
      .filter((one) => one.tags[jobTag] === name)
      .filter((one) => ids.has(one.id) || !isLive(one) || now.getTime() - one.launched.getTime() < visibleWithinMs)
      .map((one) => withEnd(one, endSeen.get(one.id)))
      .toSorted((a, b) => a.launched.getTime() - b.launched.getTime() || a.id.localeCompare(b.id));
  }

  function priceOf(machine: Machine): Promise<Price> {
    const { id, instanceType, zone, spot, launched } = machine;
    const price =
      prices.get(id) ??
      (spot ? options.prices.spot(instanceType, zone, launched) : options.prices.onDemand(instanceType, options.region));
    prices.set(id, price);
    return price;
  }

  async function record(machine: Machine): Promise<RecordedMachine> {
    const { id, instanceType, zone, spot, launched, ended, reason } = machine;
    const billedSeconds = getBilledSeconds(launched, ended);
    return {
      id,
      instanceType,
      ...(zone === undefined ? {} : { zone }),
      spot,
      launched: launched.toISOString(),
      ...(ended && { ended: ended.toISOString() }),
      ...(reason === undefined || reason === '' ? {} : { reason }),
      price: await priceOf(machine),
      ...(billedSeconds === undefined ? {} : { billedSeconds }),
    };
  }

  async function readConsole(machine: Machine | undefined, status: BoxStatus | undefined): Promise<string[]> {
    if (!machine || isLive(machine) || (status?.instance === machine.id && isFinalStatus(status))) return [];
    const lines = consoles.get(machine.id) ?? machines.console(machine.id).catch(() => []);
    consoles.set(machine.id, lines);
    return lines;
  }

  async function describe(name: string): Promise<TrainingJob | undefined> {
    const [found, status] = await Promise.all([find(name), readStatus(name, options)]);
    if (found.length === 0 && !status) return undefined;
    const seen = found.map((machine) => withEnd(machine, findLastWord(machine, status)));
    const id = seen.at(-1)?.id ?? status?.instance ?? '';
    return readBoxJob({
      name,
      arn: `${await options.arnPrefix()}${id}`,
      machines: seen,
      recorded: await Promise.all(seen.map(record)),
      status,
      model: `${options.zone}${boxKeys(name).model}`,
      console: await readConsole(seen.at(-1), status),
      now: clock.now(),
    });
  }

  return {
    describe,
    async start(request) {
      const answer = await machines.start(request);
      if (answer.outcome === 'unavailable') throw answer.error;
      known.set(answer.machine.id, answer.machine);
      return { outcome: 'started', arn: `${await options.arnPrefix()}${answer.machine.id}` };
    },
    async tags(arn) {
      const machine = known.get(arn.split('/').at(-1) ?? '');
      // EC2 has forgotten it. Its word lies in this zone, which other repositories cannot write, under a name with the run's hash.
      return { ...(machine?.tags ?? { [repositoryTag]: options.repository, 'trainyard:run': options.runId }) };
    },
    async stop(name) {
      const found = await find(name);
      if (found.length === 0) return 'missing';
      const answers = await Promise.all(found.filter(isLive).map(({ id }) => machines.terminate(id)));
      return answers.includes('requested') ? 'requested' : 'ended';
    },
  };
}

function withEnd(machine: Machine, ended: Date | undefined): Machine {
  return isLive(machine) || machine.ended || !ended ? machine : { ...machine, ended };
}

/** A machine that shuts itself down does so right after its last word; EC2 tells no time then. */
function findLastWord(machine: Machine, status: BoxStatus | undefined): Date | undefined {
  return status?.instance === machine.id && isFinalStatus(status) ? new Date(status.updated) : undefined;
}

/** Undefined where there is none, or one that is no status: a training script can write there, too. */
async function readStatus(name: string, { objects, zone }: BoxJobsOptions): Promise<BoxStatus | undefined> {
  const text = await objects.readText(`${zone}${boxKeys(name).status}`);
  if (text === undefined) return undefined;
  try {
    const parsed = boxStatus.safeParse(JSON.parse(text));
    return parsed.success && parsed.data.name === name ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}
