/** Value of a policy variable (`aws:username`); undefined when the request has none, or several. */
export type FindVariable = (name: string) => string | undefined;

/** `${*}`, `${?}` and `${$}` stand for the characters themselves. */
const literals: Readonly<Record<string, string>> = { '*': '*', '?': '?', $: '$' };
const special = /\$\{([^}]*)\}|\*|\?/g;

/**
 * Whether a text is what a policy's pattern means: `*` any characters, `?` one, `${key}` a value of the request, in which nothing
 * is special. A pattern with a variable that the request does not have matches nothing.
 */
export function matchesPattern(pattern: string, text: string, find: FindVariable = () => undefined): boolean {
  let source = '';
  let from = 0;
  for (const match of pattern.matchAll(special)) {
    source += escape(pattern.slice(from, match.index));
    from = match.index + match[0].length;
    if (match[1] === undefined) {
      source += match[0] === '*' ? '.*' : '.';
      continue;
    }
    const value = literals[match[1]] ?? find(match[1]);
    if (value === undefined) return false;
    source += escape(value);
  }
  return new RegExp(`^${source}${escape(pattern.slice(from))}$`, 's').test(text);
}

/** A text of a policy with its variables filled in; undefined when the request does not have one of them. */
export function fillVariables(text: string, find: FindVariable): string | undefined {
  let complete = true;
  const filled = text.replaceAll(/\$\{([^}]*)\}/g, (_all, name: string) => {
    const value = literals[name] ?? find(name);
    complete &&= value !== undefined;
    return value ?? '';
  });
  return complete ? filled : undefined;
}

const escape = (text: string) => text.replaceAll(/[.+^${}()|[\]\\*?]/g, String.raw`\$&`);
