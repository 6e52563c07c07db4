import type { RunRecord } from '../records/record.ts';
import type { TuningRecord } from '../records/tuning-record.ts';
import { changeSince, isOnEc2 } from '../training/comparison.ts';
import type { Text } from './document.ts';
import { shortCommit } from './format.ts';
import { isRehearsal, type ReportInput } from './input.ts';
import { describePrices } from './money.ts';

/** Where prices, durations and percentages come from, and what the comparison is with. */
export function writeFootnote(input: ReportInput, current: readonly RunRecord[], searches: readonly TuningRecord[] = []): Text {
  const { context, records } = input;
  const run = `${context.serverUrl}/${context.repository.owner}/${context.repository.name}/actions/runs/${context.workflow.runId}`;
  const jobs = [...current, ...searches];
  const { baseline } = input;
  const compared = baseline && current.some((record) => changeSince(record, baseline.records));
  const brackets = compared ? ` In brackets: the change since main at ${shortCommit(baseline.commit)}.` : '';
  const where = isRehearsal(input)
    ? `Run on the local cloud${describeCores(records)}: durations are this machine’s, dollars are what these seconds would cost on the named machines, CPU is core-seconds as per cent of their vCPUs.`
    : `Run by ${describeServices(current, searches)} in ${[...new Set(jobs.map((record) => record.region))].join(', ')}. CPU is per cent of the vCPUs, over all hosts.`;
  return [
    `Cost = billed time × instances × price: ${describePrices(jobs)}. ${writeBilling(current)}${where}${brackets} Commit `,
    { code: shortCommit(context.commit) },
    ', ',
    { link: `workflow run ${context.workflow.runId}`, href: run },
    `${context.workflow.attempt > 1 ? `, attempt ${context.workflow.attempt}` : ''}.`,
  ];
}

function describeServices(current: readonly RunRecord[], searches: readonly TuningRecord[]): string {
  const ec2 = current.some(isOnEc2) ? ['EC2'] : [];
  return [...(searches.length > 0 || !current.every(isOnEc2) ? ['SageMaker'] : []), ...ec2].join(' and ');
}

/** What differs between the two bills, where one is of EC2. */
function writeBilling(current: readonly RunRecord[]): string {
  if (!current.some(isOnEc2)) return '';
  const ec2 = 'EC2 bills a machine from its launch to its end, start and upload included and a minute at least, and its volume.';
  const sagemaker = current.every(isOnEc2)
    ? ''
    : ' SageMaker bills from the first download to the end of the upload; its volume is not counted here.';
  return `${ec2}${sagemaker} On EC2 the image is there when the machine starts. `;
}

/** The real cores beside the declared vCPUs. The local cloud says them when a job starts or waits; else nothing is said. */
function describeCores(records: readonly RunRecord[]): string {
  const messages = records.flatMap((record) => record.transitions.map(({ message }) => message ?? ''));
  const cores = messages
    .map((message) => /\bthis machine's (\d{1,4}) cores?$/.exec(message)?.[1])
    .find((count) => count !== undefined);
  return cores === undefined ? '' : `, whose machine has ${cores} core${cores === '1' ? '' : 's'}`;
}
