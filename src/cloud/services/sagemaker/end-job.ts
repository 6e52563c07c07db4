import type { Clock } from '../../../time/clock.ts';
import { JobFailure } from './job-failure.ts';
import { changeJob, type EndReason, type Job } from './job.ts';

const longestTimerMs = 2 ** 31 - 1;

const stopMessages: Readonly<Record<EndReason, readonly ['Stopped' | 'MaxRuntimeExceeded' | 'MaxWaitTimeExceeded', string]>> = {
  stopped: ['Stopped', 'Training job stopped'],
  'max-runtime': ['MaxRuntimeExceeded', 'Training job runtime exceeded MaxRuntimeInSeconds provided'],
  'max-wait': ['MaxWaitTimeExceeded', 'Training job exceeded MaxWaitTimeInSeconds provided'],
};

export function finishCompleted(job: Job, clock: Clock): void {
  changeJob(job, clock, {
    secondaryStatus: 'Completed',
    message: 'Training job completed',
    status: 'Completed',
    state: { trainingEnded: clock.now() },
  });
}

/** It was ended from outside, and is over. */
export function finishStopped(job: Job, clock: Clock): void {
  const [secondaryStatus, message] = stopMessages[job.state.endReason ?? 'stopped'];
  changeJob(job, clock, { secondaryStatus, message, status: 'Stopped', state: { trainingEnded: clock.now() } });
}

export function finishFailed(job: Job, clock: Clock, error: unknown): void {
  const reason =
    error instanceof JobFailure
      ? error.message
      : `InternalServerError: ${error instanceof Error ? error.message : String(error)}`;
  changeJob(job, clock, {
    secondaryStatus: 'Failed',
    message: 'Training job failed',
    status: 'Failed',
    state: { failureReason: reason, trainingEnded: clock.now() },
  });
}

/** Ends the job after a time of its own, unless `over` comes first. */
export async function endAfter(job: Job, clock: Clock, ms: number, reason: EndReason, over: AbortSignal): Promise<void> {
  await clock.sleep(Math.min(ms, longestTimerMs), over);
  if (!over.aborted) endJob(job, clock, reason);
}

/** Asks a running job to end; the first reason stands. @param why for its owner to read */
export function endJob(job: Job, clock: Clock, reason: EndReason, why?: string): void {
  if (job.end.signal.aborted) return;
  const message = why === undefined ? 'Stopping the training job' : `Stopping the training job: ${why}`;
  changeJob(job, clock, { secondaryStatus: 'Stopping', message, status: 'Stopping' });
  job.state.endReason = reason;
  job.end.abort();
}
