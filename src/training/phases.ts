import type { RunRecord } from '../records/record.ts';

/**
 * What a run's time went into, in order: waiting for machines and their start, the container image, code and data, the script, its
 * results, and after the last word until the machine is gone. `other`: nobody told.
 */
export const phaseNames = ['queued', 'image', 'data', 'training', 'upload', 'ending', 'other'] as const;
export type PhaseName = (typeof phaseNames)[number];

export interface Phase {
  readonly name: PhaseName;
  readonly start: Date;
  /** Absent while it lasts, and where its end was never seen. */
  readonly seconds?: number;
}

type Transition = RunRecord['transitions'][number];

/** Secondary statuses of SageMaker (API reference, SecondaryStatusTransition, read 2026-11-22), which runs on EC2 are told in, too. */
const byStatus: ReadonlyMap<string, PhaseName> = new Map([
  ['Starting', 'queued'],
  ['Pending', 'queued'],
  ['LaunchingMLInstances', 'queued'],
  ['PreparingTrainingStack', 'queued'],
  ['Interrupted', 'queued'],
  ['Restarting', 'queued'],
  ['DownloadingTrainingImage', 'image'],
  ['Downloading', 'data'],
  ['Training', 'training'],
  ['Updating', 'training'],
  ['Uploading', 'upload'],
  ['Stopping', 'ending'],
]);
const outcomes: ReadonlySet<string> = new Set(['Completed', 'Failed', 'Stopped', 'MaxRuntimeExceeded', 'MaxWaitTimeExceeded']);

/** The phases of a run by its transitions; what lies between two of them is a phase as well, so that no second is lost. */
export function listPhases({ transitions }: Pick<RunRecord, 'transitions'>): Phase[] {
  return transitions.flatMap((one, index): Phase[] => {
    const next = transitions[index + 1];
    const end = one.end ?? next?.start;
    const gap =
      next && end !== undefined && Date.parse(end) < Date.parse(next.start) ? [toPhase(nameGap(one, next), end, next.start)] : [];
    return [...(outcomes.has(one.status) ? [] : [toPhase(nameOf(one), one.start, end)]), ...gap];
  });
}

function toPhase(name: PhaseName, start: string, end: string | undefined): Phase {
  if (end === undefined) return { name, start: new Date(start) };
  return { name, start: new Date(start), seconds: Math.max(0, (Date.parse(end) - Date.parse(start)) / 1000) };
}

/** Only the message tells that the image is being downloaded, under the status Downloading or Training. */
function nameOf({ status, message = '' }: Transition): PhaseName {
  return /^downloading the training image\b/i.test(message) ? 'image' : (byStatus.get(status) ?? 'other');
}

function nameGap(before: Transition, next: Transition): PhaseName {
  if (before.status === 'Interrupted') return 'queued';
  return outcomes.has(next.status) || next.status === 'Interrupted' ? 'ending' : 'other';
}

/** Undefined when the run had no such phase or not all of its ends are known. */
export function findPhaseSeconds(record: Pick<RunRecord, 'transitions'>, name: PhaseName): number | undefined {
  const phases = listPhases(record).filter((phase) => phase.name === name);
  if (phases.length === 0) return undefined;
  return phases.reduce<number | undefined>(
    (sum, { seconds }) => (sum === undefined || seconds === undefined ? undefined : sum + seconds),
    0,
  );
}

/** From the first sign of the job until its script began for the first time; undefined when it was not seen to begin. */
export function findStartUpSeconds(record: Pick<RunRecord, 'transitions'>): number | undefined {
  const phases = listPhases(record);
  const [first] = phases;
  const training = phases.find(({ name }) => name === 'training');
  return first && training && Math.max(0, (training.start.getTime() - first.start.getTime()) / 1000);
}
