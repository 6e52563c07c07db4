import type { RunRecord } from '../../records/record.ts';
import type { Log } from '../../runner/ports.ts';
import { formatSeconds } from '../../time/duration.ts';
import { formatUsd } from '../../training/money.ts';
import type { TrainingJob } from '../../training/ports.ts';

const everyMs = 30_000;

/** Writes a line when the run's status changes, and one each 30 s while it does not. A machine bills from its launch. */
export function createProgress(record: RunRecord, log: Log): (job: TrainingJob, now: Date, metrics: readonly string[]) => void {
  let status = '';
  let saidAt = Number.NEGATIVE_INFINITY;
  return (job, now, metrics) => {
    if (job.secondaryStatus === status && now.getTime() - saidAt < everyMs) return;
    status = job.secondaryStatus;
    saidAt = now.getTime();
    log.info([`${record.label}: ${status}`, ...describeMachine(job, now), ...metrics].join(', '));
  };
}

/** How long the last machine has been there, and what all of them have cost, without their volumes. */
function describeMachine({ ec2 }: TrainingJob, now: Date): string[] {
  const machines = ec2?.machines ?? [];
  const seconds = machines.map(
    ({ launched, ended }) => ((ended === undefined ? now.getTime() : Date.parse(ended)) - Date.parse(launched)) / 1000,
  );
  const last = machines.at(-1);
  if (!last) return [];
  const usd = machines.reduce<number | undefined>(
    (sum, { price }, index) =>
      sum === undefined || price.kind === 'unknown'
        ? undefined
        : sum + (Math.max(60, seconds[index] ?? 0) / 3600) * price.usdPerHour,
    0,
  );
  const number = machines.length > 1 ? ` (machine ${machines.length})` : '';
  return [
    `${formatSeconds(seconds.at(-1) ?? 0)} since the launch of ${last.id}${number}`,
    usd === undefined ? 'cost unknown' : `${formatUsd(usd)} so far`,
  ];
}
