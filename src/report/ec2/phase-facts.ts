import { isFinal, type RunRecord } from '../../records/record.ts';
import { type Phase, type PhaseName, listPhases, phaseNames } from '../../training/phases.ts';
import type { Fact } from '../fact.ts';
import { formatDuration, formatRatio } from '../format.ts';

const titles: Readonly<Record<PhaseName, string>> = {
  queued: 'Queued and starting',
  image: 'Image',
  data: 'Code and data',
  training: 'Training',
  upload: 'Upload',
  ending: 'Ending',
  other: 'Not told what for',
};
/** Clocks of two machines may differ by less; nobody needs a row for it. */
const leastSeconds = 1;

/** One row a phase; those that no run of the report had are left out. */
export function listPhaseFacts(records: readonly RunRecord[], now: Date): Fact[] {
  const all = records.flatMap((record) => listPhases(record));
  const happened = (name: PhaseName) =>
    all.some((phase) => phase.name === name && (phase.seconds === undefined || phase.seconds >= leastSeconds));
  return phaseNames
    .filter((name) => name === 'training' || happened(name))
    .map((name) =>
      name === 'training' ? trainingFact(now) : { title: titles[name], cell: (record) => [describePhase(record, name, now)] },
    );
}

function trainingFact(now: Date): Fact {
  return {
    title: titles.training,
    cell: (record, change) => {
      const ratio = change?.durationRatio === undefined ? '' : ` (${formatRatio(change.durationRatio)})`;
      return [`${describePhase(record, 'training', now)}${ratio}`];
    },
    brief: true,
  };
}

function describePhase(record: RunRecord, name: PhaseName, now: Date): string {
  const phases = listPhases(record);
  if (phases.length === 0) return record.state.status === 'reused' || record.state.status === 'refused' ? '–' : 'no data';
  const own = phases.filter((phase) => phase.name === name);
  if (own.length === 0) return name === 'image' && hidesImage(record, phases) ? 'not told' : '–';
  const known = own.reduce((sum, { seconds = 0 }) => sum + seconds, 0);
  const open = own.find(({ seconds }) => seconds === undefined);
  if (!open) return formatDuration(known);
  if (isFinal(record.state)) return 'its end is not known';
  return `${formatDuration(Math.floor(known + Math.max(0, (now.getTime() - open.start.getTime()) / 1000)))} so far`;
}

/** SageMaker always pulls one. When it does not say when, another phase has that time; the local cloud pulls none. */
function hidesImage({ on, rehearsal }: RunRecord, phases: readonly Phase[]): boolean {
  return on !== 'ec2' && !rehearsal && phases.some(({ name }) => name === 'training');
}
