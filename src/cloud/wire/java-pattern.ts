/** What Java calls these classes (ASCII only), as the inside of a JavaScript class. */
const posix: Readonly<Record<string, string>> = { Print: '\\x20-\\x7E', Alnum: 'a-zA-Z0-9', Alpha: 'a-zA-Z', Digit: '0-9' };
const anchors: Readonly<Record<string, string>> = { '\\A': '^', '\\z': '$' };

/**
 * A pattern of botocore's models, which are Java's, as JavaScript writes it. What JavaScript does not know it would take for plain
 * letters, so that every value were refused.
 */
export function fromJavaPattern(pattern: string): string {
  return pattern.replaceAll(/\[(?:\\.|[^\]\\])*\]|\\p\{\w+\}|\\[Az]/g, (part) => {
    if (part.startsWith('[')) return part.replaceAll(/\\p\{(\w+)\}/g, (whole, name: string) => posix[name] ?? whole);
    const inside = posix[part.slice(3, -1)];
    return anchors[part] ?? (inside === undefined ? part : `[${inside}]`);
  });
}
