import type { Lease } from '../../machines/cores.ts';
import { noteOnConsole } from './console.ts';
import { changeInstance, endInstance, finishInstance, isOver, type Instance, reasons } from './instance.ts';
import { interrupt } from './interrupt.ts';
import { operate } from './operate.ts';
import type { Ec2Room } from './room.ts';
import { createShutdownTimer } from './shutdown-timer.ts';

interface Fate {
  /** Of a spot instance. */
  readonly interruptAfterMs?: number | undefined;
  /** Why it is never launched. */
  readonly launchFailure?: string | undefined;
}

/**
 * A machine's life, until it is terminated or stopped; never rejects. It is there once it has a core: until then it is pending, and its
 * launch time moves, so that nobody pays for the wait.
 * @param fate what the options have planned for it
 */
export async function runInstance(instance: Instance, room: Ec2Room, fate: Fate): Promise<void> {
  const { clock, weather } = room.cloud;
  let lease: Lease | undefined;
  const over = new AbortController();
  const timer = createShutdownTimer(clock, room.times.minuteMs, () => {
    const goal = instance.plan.onShutdown === 'stop' ? 'stopped' : 'terminated';
    endInstance(instance, clock, goal, reasons.itself);
  });
  try {
    lease = await waitForCore(instance, room);
    if (lease) {
      changeInstance(instance, clock, { launched: clock.now() });
      await clock.sleep(weather.trainingStatusMs.Starting, instance.end.signal);
    }
    if (fate.launchFailure !== undefined) endInstance(instance, clock, 'terminated', reasons.launch(fate.launchFailure));
    if (lease && !instance.end.signal.aborted) {
      await operate(instance, room, timer, () => {
        if (fate.interruptAfterMs !== undefined) void interruptAfter(instance, room, fate.interruptAfterMs, over.signal);
      });
    }
    // Its first process was ended by one of its own: a kernel without it panics.
    if (!instance.end.signal.aborted) endInstance(instance, clock, 'terminated', reasons.itself);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    noteOnConsole(instance, clock, why);
    endInstance(instance, clock, 'terminated', reasons.launch(`Server.InternalError: Internal error on launch (${why})`));
  }
  over.abort();
  timer.cancel();
  lease?.release();
  await clock.sleep(weather.endpointStatusMs.Deleting, instance.close.signal);
  room.addresses.release(instance.address);
  if (!isOver(instance)) finishInstance(instance, clock);
}

/** Undefined when the machine is ended first. */
async function waitForCore(instance: Instance, { cloud, pool }: Ec2Room): Promise<Lease | undefined> {
  const taken = pool.take(1, instance.end.signal);
  const atOnce = await Promise.race([taken, Promise.resolve('waiting' as const)]);
  if (atOnce === 'waiting') noteOnConsole(instance, cloud.clock, `waiting for one of this machine's ${pool.size} cores`);
  return taken;
}

async function interruptAfter(instance: Instance, room: Ec2Room, ms: number, over: AbortSignal): Promise<void> {
  await room.cloud.clock.sleep(ms, over);
  if (!over.aborted) await interrupt(instance, room);
}
