/**
 * USD with as many digits as keep a small sum true: $0.0012, $0.1428, $1.43, $1,234.50.
 * A sum below a hundredth of a cent is said to be that, never $0.
 */
export function formatUsd(usd: number): string {
  if (usd === 0) return '$0';
  if (usd < 0.0001) return 'under $0.0001';
  const digits = usd < 1 ? 4 : 2;
  return `$${usd.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })}`;
}
