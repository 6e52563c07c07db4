import type { RunRecord } from '../../records/record.ts';
import { lineBreak, type Table, type Text } from '../document.ts';
import { formatDuration } from '../format.ts';
import { describePrice } from '../money.ts';

const longestText = 300;
const clip = (text: string) => (text.length > longestText ? `${text.slice(0, longestText)}…` : text);

/** Every machine that the runs had on EC2, with its image, its bill and what ended it. */
export function writeMachines(records: readonly RunRecord[], nameOf: (record: RunRecord) => Text): Table {
  const rows = records.flatMap((record) =>
    (record.ec2?.machines ?? []).map((machine): Text[] => [
      nameOf(record),
      [{ code: clip(machine.id) }, lineBreak, [machine.instanceType, machine.zone ?? 'zone unknown'].map(clip).join(', ')],
      [machine.spot ? 'spot' : 'on demand', lineBreak, describePrice(machine.price, record.rehearsal)],
      [`${machine.launched.slice(11, 19)} UTC`],
      [machine.billedSeconds === undefined ? 'not known yet' : formatDuration(machine.billedSeconds)],
      [clip(machine.reason ?? (machine.ended === undefined ? 'has not been seen to end' : 'no reason given'))],
    ]),
  );
  return {
    kind: 'table',
    header: ['Run', 'Machine', 'Market', 'Launched', 'Billed', 'What ended it'],
    align: ['left', 'left', 'left', 'left', 'right', 'left'],
    rows,
  };
}
