/** How serving on this machine differs from AWS in time and size; every member has a default. */
export interface ServingOptions {
  /**
   * How many seconds one of AWS's minutes lasts here, for what is only waited for: the intervals between traffic shifts, the wait before
   * the old fleet ends, what a deployment may take at most. Scaling has the same. 3 where none is given.
   */
  readonly minuteSeconds?: number;
  /** How long a container has until it answers /ping; where none is given what was asked for, or AWS's 8 minutes, in real seconds. */
  readonly startupSeconds?: number;
  /** How long a call may take; 60 on AWS. */
  readonly invocationSeconds?: number;
  /** From SIGTERM to SIGKILL; 30 on AWS. */
  readonly stopGraceSeconds?: number;
  /** Instances of a type that may serve at once; 20 where none is given. */
  readonly quotas?: Readonly<Record<string, number>>;
}

export interface ServingTimes {
  readonly minuteSeconds: number;
  readonly startupSeconds: number | undefined;
  readonly invocationMs: number;
  readonly stopGraceSeconds: number;
}

export const defaultMinuteSeconds = 3;

export function readTimes(options: ServingOptions): ServingTimes {
  return {
    minuteSeconds: options.minuteSeconds ?? defaultMinuteSeconds,
    startupSeconds: options.startupSeconds,
    invocationMs: (options.invocationSeconds ?? 60) * 1000,
    stopGraceSeconds: options.stopGraceSeconds ?? 30,
  };
}
