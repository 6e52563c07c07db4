import { changeInstance, endInstance, type Instance, reasons } from './instance.ts';
import type { Ec2Room } from './room.ts';

/** Takes a spot instance back: its notice now, its end when the notice's time is over. Resolves at its end order; false when it cannot be. */
export async function interrupt(instance: Instance, room: Ec2Room): Promise<boolean> {
  const { state, spot } = instance;
  const { clock } = room.cloud;
  if (!spot || state.name !== 'running' || state.interruptedAt) return false;
  spot.mark(clock.now());
  changeInstance(instance, clock, { interruptedAt: new Date(clock.now().getTime() + room.times.noticeMs) });
  await clock.sleep(room.times.noticeMs, instance.end.signal);
  if (instance.end.signal.aborted) return true;
  endInstance(instance, clock, 'terminated', reasons.spot(clock.now()));
  return true;
}
