/** USD with enough digits to be true: cents from a dollar on, below it four decimals or two significant digits. */
export function formatUsd(usd: number): string {
  if (usd === 0) return '$0';
  if (usd >= 0.99995) return `$${usd.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
  if (usd >= 0.001) return `$${usd.toFixed(4).replace(/00$/, '')}`;
  return `$${usd.toFixed(Math.min(12, 1 - Math.floor(Math.log10(usd))))}`;
}

/** An hourly price as AWS writes it: $0.23, $0.115, $5.53. */
export function formatHourlyUsd(usd: number): string {
  return `$${usd.toFixed(6).replace(/0{1,4}$/, '')}/h`;
}

const two = (value: number) => String(value).padStart(2, '0');

/** `4.8 s`, `45 s`, `1 m 12 s`, `1 h 03 m 20 s`, `2 h`. */
export function formatDuration(seconds: number): string {
  if (seconds >= 0.05 && seconds < 9.95 && !Number.isInteger(seconds)) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  const parts = minutes < 60 ? [`${minutes} m`] : [`${Math.floor(minutes / 60)} h`, `${two(minutes % 60)} m`];
  return [...parts, `${two(whole % 60)} s`].join(' ').replace(/( 00 m)? 00 s$/, '');
}

export function formatPercent(percent: number): string {
  return `${percent > 0 && percent < 1 ? percent.toFixed(1) : Math.round(percent)} %`;
}

/** A metric's value with four significant digits, never rounded to look like another whole number. */
export function formatNumber(value: number): string {
  if (Number.isInteger(value)) return String(value);
  const size = Math.abs(value);
  return size >= 1e6 || size < 1e-4 ? value.toExponential(3) : String(Number(value.toPrecision(size >= 1000 ? 7 : 4)));
}

export function formatSigned(value: number): string {
  return value > 0 ? `+${formatNumber(value)}` : `−${formatNumber(-value)}`;
}

/** `+12 %`, `−3.4 %`, `±0 %`, and `× 3.2` from a tripling on. */
export function formatRatio(ratio: number): string {
  if (ratio >= 3) return `× ${ratio.toFixed(1)}`;
  const percent = (ratio - 1) * 100;
  const digits = Math.abs(percent).toFixed(Math.abs(percent) < 9.95 ? 1 : 0);
  if (Number(digits) === 0) return '±0 %';
  return `${percent > 0 ? '+' : '−'}${digits} %`;
}

/** How long ago: `40 seconds ago`, `3 hours ago`, `12 days ago`. */
export function formatAge(then: Date, now: Date): string {
  const seconds = Math.max(0, Math.round((now.getTime() - then.getTime()) / 1000));
  const units = [
    ['day', 86_400],
    ['hour', 3600],
    ['minute', 60],
    ['second', 1],
  ] as const;
  const [unit, size] = units.find(([, length]) => seconds >= 2 * length) ?? (['second', 1] as const);
  const count = Math.floor(seconds / size);
  return `${count} ${unit}${count === 1 ? '' : 's'} ago`;
}

/** `2026-11-22 14:03 UTC` */
export function formatTime(time: Date): string {
  return `${time.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

export function shortCommit(commit: string): string {
  return commit.slice(0, 7);
}

/** `one`, `one and two`, `one, two and three`. */
export function joinWords(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1) ?? ''}`;
}
