const secondsPerUnit = new Map([
  ['s', 1],
  ['m', 60],
  ['h', 3600],
  ['d', 86_400],
]);

/** How durations are written: a whole number and one unit, e.g. `90s`, `30m`, `2h`, `1d`. */
export const durationPattern = /^([1-9][0-9]{0,8})([smhd])$/;

/** Seconds of a written duration; undefined for anything else. */
export function findSeconds(text: unknown): number | undefined {
  if (typeof text !== 'string') return undefined;
  const [, count, unit] = durationPattern.exec(text) ?? [];
  const seconds = secondsPerUnit.get(unit ?? '');
  return seconds === undefined ? undefined : Number(count) * seconds;
}

/** A duration that is known to be valid, in seconds. Throws on anything else. */
export function parseDuration(text: string): number {
  const seconds = findSeconds(text);
  if (seconds === undefined) throw new Error(`"${text}" is no duration such as 90s, 30m, 2h or 1d.`);
  return seconds;
}
