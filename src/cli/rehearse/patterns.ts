/**
 * GitHub's filter patterns (branches, paths, hashFiles): `*` stops at a slash, `**` does not, `?` and `+` repeat the character
 * before them, `[…]` is a set, and a leading `!` takes back what an earlier pattern took.
 */
export function matchesPatterns(name: string, patterns: readonly string[]): boolean {
  let matched = false;
  for (const pattern of patterns) {
    const negative = pattern.startsWith('!');
    if (toRegExp(negative ? pattern.slice(1) : pattern).test(name)) matched = !negative;
  }
  return matched;
}

function toRegExp(pattern: string): RegExp {
  const source = pattern.replaceAll(/\*\*\/|\*\*|\*|\[[^\]]+\]|\\.|[?+]|[.^$(){}|]/g, (part) => {
    if (part === '**/') return '(?:.*/)?';
    if (part === '**') return '.*';
    if (part === '*') return '[^/]*';
    if (part.length > 1 || part === '?' || part === '+') return part;
    return `\\${part}`;
  });
  return new RegExp(`^${source}$`);
}
