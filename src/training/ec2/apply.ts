import type { RunRecord } from '../../records/record.ts';
import { getMachine } from '../machines.ts';
import { hasEnded, type TrainingJob } from '../ports.ts';
import type { RecordedMachine } from './job-state.ts';
import { sumMachines } from './money.ts';
import type { VolumePrice } from './ports.ts';

/**
 * The record of a run on EC2 with everything that is known of its machines. Pure.
 * @param applied the record with what every job has
 * @param record as it was before: machines and transitions that EC2 shows no more are kept
 */
export function applyMachines(applied: RunRecord, record: RunRecord, job: TrainingJob, volume: VolumePrice): RunRecord {
  const { costUsd: _cost, billedSeconds: _billed, trainingSeconds: _training, ...rest } = applied;
  const machines = mergeMachines(record.ec2?.machines ?? [], job);
  const transitions = mergeTransitions(record.transitions, applied.transitions);
  const last = machines.at(-1);
  const over = hasEnded(job);
  const sum = over ? sumMachines(machines, record.asked.volumeGb, volume) : {};
  const { volumesUsd, ...cost } = sum;
  const training = transitions.filter(({ status }) => status === 'Training');
  const seconds = training.map(({ start, end }) =>
    end === undefined ? undefined : (Date.parse(end) - Date.parse(start)) / 1000,
  );
  return {
    ...rest,
    ...(last && { machine: describeMachine(last, job) }),
    ...(last && { price: last.price }),
    times: {
      ...applied.times,
      created: record.times.created ?? machines[0]?.launched ?? applied.times.created,
      ...(training[0] ? { trainingStarted: training[0].start } : {}),
    },
    transitions,
    warnings: [...new Set([...record.warnings, ...findGpuWarning(record, last, job)])],
    ...(training.length > 0 && seconds.every((one) => one !== undefined)
      ? { trainingSeconds: seconds.reduce((all, one) => all + one, 0) }
      : {}),
    ...(record.ec2 && {
      ec2: { image: record.ec2.image, machines, ...(volumesUsd === undefined ? {} : { volumesUsd }) },
    }),
    ...cost,
  };
}

/** The table's figures; for a type that it does not have, what the machine says of itself. */
function describeMachine({ instanceType }: RecordedMachine, { ec2 }: TrainingJob): RunRecord['machine'] {
  const known = getMachine(instanceType, 1);
  if (known.vcpus !== undefined) return known;
  return {
    ...known,
    ...(ec2?.vcpus === undefined ? {} : { vcpus: ec2.vcpus }),
    ...(ec2?.gpus === undefined ? {} : { gpus: ec2.gpus }),
  };
}

/** A GPU that is paid for and that the system does not see. */
function findGpuWarning({ rehearsal }: RunRecord, last: RecordedMachine | undefined, { ec2 }: TrainingJob): string[] {
  const gpus = last && getMachine(last.instanceType, 1).gpus;
  if (rehearsal || ec2?.gpus !== 0 || !gpus) return [];
  return [`${last?.instanceType} has a GPU, and nvidia-smi found none on it: the script trained without.`];
}

/** When each machine of the run began to train. */
export function listTrainingStarts(record: Pick<RunRecord, 'transitions'>, job: TrainingJob): Date[] {
  const now = job.transitions.map(({ status, start }) => ({ status, start: start.toISOString() }));
  return mergeTransitions(record.transitions, now)
    .filter(({ status }) => status === 'Training')
    .map(({ start }) => new Date(start));
}

/** What EC2 shows wins; a price that was known once stays. */
function mergeMachines(recorded: readonly RecordedMachine[], job: TrainingJob): RecordedMachine[] {
  const seen = job.ec2?.machines ?? [];
  const merged = seen.map((machine) => {
    const before = recorded.find(({ id }) => id === machine.id);
    return before?.price.kind === 'known' ? { ...machine, price: before.price } : machine;
  });
  const kept = recorded
    .filter(({ id }) => !seen.some((machine) => machine.id === id))
    .map((machine) => endForgotten(machine, job));
  return [...kept, ...merged].toSorted((a, b) => a.launched.localeCompare(b.launched));
}

/** EC2 shows a machine for an hour after its end; later only the program's last word tells when that was. */
function endForgotten(machine: RecordedMachine, job: TrainingJob): RecordedMachine {
  const end = job.transitions.at(-1)?.end?.toISOString();
  if (machine.ended !== undefined || end === undefined || !hasEnded(job) || !job.arn.endsWith(machine.id)) return machine;
  return { ...machine, ended: end, billedSeconds: Math.max(60, (Date.parse(end) - Date.parse(machine.launched)) / 1000) };
}

type Transitions = RunRecord['transitions'];

/** Those of earlier machines, then those of the last one. */
function mergeTransitions<Now extends { readonly start: string }>(
  before: Transitions,
  now: readonly Now[],
): (Now | Transitions[number])[] {
  const [first] = now;
  return first ? [...before.filter(({ start }) => start < first.start), ...now] : [...before];
}
