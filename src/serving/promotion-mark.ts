/** What the description of alias `live` says of how it came there: what others who want to move it go by. */
export interface Mark {
  readonly state: 'promoting' | 'live';
  readonly runId: string;
  readonly at: Date;
  /** Commit the release was made of. */
  readonly commit?: string;
}

/** `promoting: run 7 since 2026-11-22T10:00:00.000Z, commit <sha>` */
export function writeMark({ state, runId, at, commit }: Mark): string {
  const since = `${state}: run ${runId} since ${at.toISOString()}`;
  return commit === undefined ? since : `${since}, commit ${commit}`;
}

/** Undefined for a description that is not ours. */
export function readMark(description: string): Mark | undefined {
  const [, state, runId, time, commit] =
    /^(promoting|live): run (\d+) since (\S+?)(?:, commit ([0-9a-f]{7,64}))?$/.exec(description) ?? [];
  const at = new Date(time ?? '');
  if (state === undefined || runId === undefined || Number.isNaN(at.getTime())) return undefined;
  return { state: state === 'live' ? 'live' : 'promoting', runId, at, ...(commit === undefined ? {} : { commit }) };
}

/** A promotion that has not said so for this long is not going on any more. */
const promotingMs = 2 * 3600_000;

/** Whether somebody is in the middle of moving live. @param description of alias live */
export function isPromoting(description: string, now: Date): boolean {
  const mark = readMark(description);
  return mark?.state === 'promoting' && now.getTime() - mark.at.getTime() <= promotingMs;
}
