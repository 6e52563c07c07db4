import type { RunRecord } from '../../records/record.ts';
import type { TrainingJob } from '../ports.ts';
import type { BoxStatus } from './box.ts';
import type { Machine } from './ports.ts';

export type RecordedMachine = NonNullable<RunRecord['ec2']>['machines'][number];

/** Everything that is known of a run on EC2 at one time. */
export interface Sighting {
  readonly name: string;
  /** ARN of the last machine. */
  readonly arn: string;
  /** Oldest first; EC2 forgets a machine about an hour after its end. */
  readonly machines: readonly Machine[];
  /** The same as the record has them. */
  readonly recorded: readonly RecordedMachine[];
  readonly status: BoxStatus | undefined;
  /** s3:// URI the model is at when there is one. */
  readonly model: string;
  /** Last lines of the console of a machine that ended without a last word. */
  readonly console: readonly string[];
  readonly now: Date;
}

const final: ReadonlySet<BoxStatus['state']> = new Set(['completed', 'failed', 'interrupted', 'timed-out', 'stopped']);
/** The program rewrites its status every ten seconds; EC2 shows a machine long before this. */
const silentMs = 5 * 60_000;

/** Whether the program on the machine has said its last word. */
export const isFinalStatus = (status: BoxStatus | undefined): boolean => status !== undefined && final.has(status.state);

/** Whether a machine is or may come to be billed. */
export const isLive = ({ state }: Pick<Machine, 'state'>): boolean => state !== 'shutting-down' && state !== 'terminated';

/** Its last word: EC2 took the machine back, and the next one goes on from the checkpoints. */
export const interrupted = 'Interrupted';
/** The program has said its last word and the machine is about to end. */
export const ending = 'Ending';

/** A run on EC2 in the form and the words of a training job of SageMaker. Pure. */
export function readBoxJob(sighting: Sighting): TrainingJob {
  const { name, arn, machines, recorded, now } = sighting;
  const last = machines.at(-1);
  // A status that an earlier machine wrote says nothing of the one that has not spoken yet.
  const status = last && sighting.status?.instance !== last.id ? undefined : sighting.status;
  const spoken = isFinalStatus(status);
  const over = machines.length > 0 ? !machines.some(isLive) : spoken || isSilent(status, now);
  const training = status?.phases.find((phase) => phase.status === 'Training');
  const began = toDate(training?.start);
  const ended = toDate(training?.end) ?? (over ? (last?.ended ?? toDate(status?.updated)) : undefined);
  const outcome = over ? judge(status, last, name) : { status: 'InProgress' as const, secondaryStatus: describe(status, spoken) };
  return {
    name,
    arn,
    ...outcome,
    created: machines[0]?.launched ?? toDate(status?.phases[0]?.start) ?? now,
    ...(began && { trainingStarted: began }),
    ...(began && ended && { trainingEnded: ended }),
    transitions: readTransitions(sighting, status, over ? outcome.secondaryStatus : undefined),
    ...(began && ended && { trainingSeconds: (ended.getTime() - began.getTime()) / 1000 }),
    instanceType: last?.instanceType ?? recorded.at(-1)?.instanceType ?? '',
    instanceCount: 1,
    metrics: [],
    ...(status?.model && { model: sighting.model }),
    ec2: {
      machines: recorded,
      ...(status?.vcpus === undefined ? {} : { vcpus: status.vcpus }),
      ...(status?.gpus === undefined ? {} : { gpus: status.gpus }),
    },
    ...(over && !spoken && { lastWords: sighting.console }),
  };
}

function describe(status: BoxStatus | undefined, spoken: boolean): string {
  if (spoken) return ending;
  return status?.phases.at(-1)?.status ?? 'Starting';
}

type Outcome = Pick<TrainingJob, 'status' | 'secondaryStatus' | 'failureReason'>;

function judge(status: BoxStatus | undefined, last: Machine | undefined, name: string): Outcome {
  if (status && isFinalStatus(status)) return outcomes[status.state](status);
  const reason = last?.reason ?? '';
  if (/SpotInstanceTermination|SpotInstanceShutdown/.test(reason)) return takenBack(reason);
  if (/UserInitiated/.test(reason)) {
    return { status: 'Stopped', secondaryStatus: 'Stopped', failureReason: `somebody ended the machine ${last?.id} (${reason})` };
  }
  const why = reason === '' ? 'EC2 shows no reason' : reason;
  const failureReason = `MachineError: The machine ${last?.id ?? status?.instance ?? `of ${name}`} ended without a last word: ${why}.`;
  return { status: 'Failed', secondaryStatus: 'Failed', failureReason };
}

const takenBack = (reason: string): Outcome => ({
  status: 'Failed',
  secondaryStatus: interrupted,
  failureReason: `SpotInterruption: EC2 took the spot machine back (${reason}).`,
});

const outcomes: Readonly<Record<BoxStatus['state'], (status: BoxStatus) => Outcome>> = {
  completed: () => ({ status: 'Completed', secondaryStatus: 'Completed' }),
  failed: (status) => ({ status: 'Failed', secondaryStatus: 'Failed', failureReason: explain(status) }),
  interrupted: () => takenBack('notice of two minutes'),
  'timed-out': () => ({ status: 'Stopped', secondaryStatus: 'MaxRuntimeExceeded' }),
  stopped: () => ({ status: 'Stopped', secondaryStatus: 'Stopped' }),
  starting: silent,
  downloading: silent,
  training: silent,
  uploading: silent,
};

/** Only final states are judged by their word. */
function silent({ instance }: BoxStatus): Outcome {
  return {
    status: 'Failed',
    secondaryStatus: 'Failed',
    failureReason: `MachineError: The machine ${instance} ended without a last word.`,
  };
}

/** A script's failure in the words that SageMaker puts around it; the program's own as it is. */
function explain({ exitCode, failure }: BoxStatus): string {
  if (exitCode === undefined || exitCode === 0) return `MachineError: ${failure ?? 'The program on the machine gave no reason.'}`;
  return `AlgorithmError: ${failure ?? 'The script gave no reason.'}, exit code: ${exitCode}`;
}

function isSilent(status: BoxStatus | undefined, now: Date): boolean {
  return status !== undefined && now.getTime() - Date.parse(status.updated) > silentMs;
}

/** The machine's start belongs to `Starting`: the program on it begins to tell only when the machine has booted. */
function readTransitions(
  { machines }: Sighting,
  status: BoxStatus | undefined,
  outcome: string | undefined,
): TrainingJob['transitions'] {
  const last = machines.at(-1);
  const phases = (status?.phases ?? []).map(readPhase);
  const [first, ...rest] = phases;
  const launched = last?.launched;
  const starting =
    first?.status === 'Starting'
      ? [{ ...first, start: launched && launched < first.start ? launched : first.start }, ...rest]
      : [...(launched ? [{ status: 'Starting', start: launched }] : []), ...phases];
  const over = outcome === undefined ? undefined : (last?.ended ?? toDate(status?.updated));
  if (!over || outcome === undefined) return starting;
  // EC2 tells whole seconds.
  const spoken = starting.at(-1)?.end ?? over;
  const end = spoken > over ? spoken : over;
  return [...starting, { status: outcome, start: end, end }];
}

function readPhase({ status, start, end }: BoxStatus['phases'][number]): TrainingJob['transitions'][number] {
  return { status, start: new Date(start), ...(end === undefined ? {} : { end: new Date(end) }) };
}

function toDate(text: string | undefined): Date | undefined {
  return text === undefined ? undefined : new Date(text);
}
