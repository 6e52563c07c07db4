import type { RunRecord } from '../../records/record.ts';
import { formatSeconds } from '../../time/duration.ts';
import { mostInterruptions } from '../../training/ec2/candidates.ts';
import { interrupted } from '../../training/ec2/job-state.ts';
import type { MachinePlan } from '../../training/ec2/plan.ts';
import { hasEnded, type TrainingJob } from '../../training/ports.ts';
import { followLog } from '../../training/settling/follow-log.ts';
import { settle } from '../../training/settling/settle.ts';
import type { Ec2Deps } from './deps.ts';
import { seeMachines, startNext, type Training } from './launch.ts';
import { watchMachine } from './watch.ts';

/** All that the machine wrote is there when it has ended. */
const patience = { metricsSeconds: 5, logSeconds: 5 };
/** A run that was interrupted near its limit gets this long to write its model. */
const leastSeconds = 60;

/**
 * Watches a run, on its next machine when EC2 takes a spot machine back, and settles its record. When watching fails, its machine is
 * ended: nobody would.
 */
export async function follow(first: RunRecord, plan: MachinePlan, training: Training, deps: Ec2Deps): Promise<RunRecord> {
  const { settings, active } = training;
  let record = first;
  const follower = followLog({ label: record.label, name: record.name, hosts: 1 }, settings.spec.metrics, deps);
  try {
    for (;;) {
      const seen = await watchMachine(record, settings.wait ? 'ended' : 'running', follower, deps);
      if (seen.secondaryStatus === interrupted) {
        // What this machine said last comes before what is done about it.
        follower.flush();
        const next = await goOn(record, seen, plan, training, deps);
        if (next) {
          record = next;
          continue;
        }
      }
      const result: RunRecord = hasEnded(seen)
        ? await settle(record, seen, follower, patience, deps)
        : { ...seeMachines(record, seen, deps.clock.now()), handedOver: true };
      follower.flush();
      active.remove(record.name);
      await deps.records.write(result);
      return result;
    }
  } catch (error) {
    follower.flush();
    if (!deps.signal.aborted) await active.stop(record.name, 'the step failed while it watched this machine');
    throw error;
  }
}

/** The record of the run on its next machine; undefined when there is none to be had. */
async function goOn(
  before: RunRecord,
  seen: TrainingJob,
  plan: MachinePlan,
  training: Training,
  deps: Ec2Deps,
): Promise<RunRecord | undefined> {
  const record = seeMachines(before, seen, deps.clock.now());
  training.active.update(record);
  await deps.records.write(record);
  const interruptions = (record.ec2?.machines ?? []).filter(({ spot }) => spot).length;
  const trained = record.trainingSeconds ?? 0;
  deps.log.warning(
    `${record.label}: EC2 took the spot machine ${record.ec2?.machines.at(-1)?.id ?? ''} back after ${formatSeconds(trained)} of training; ` +
      `the run goes on from its checkpoints (interruption ${interruptions}${interruptions < mostInterruptions ? '' : ', now on demand'}).`,
  );
  const seconds = Math.max(leastSeconds, Math.ceil(record.asked.maxRuntimeSeconds - trained));
  const next = await startNext(plan, record, { interruptions, seconds }, training, deps);
  if (!next) deps.log.warning(`${record.label}: no other machine could be had to go on with.`);
  return next;
}
