type Members = Readonly<Record<string, unknown>>;

/** A structure or map, as opposed to a list or a plain value. */
export function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Lays one tree of members over another: structures are merged member by member, lists and values replaced. */
export function mergeMembers<Base extends object>(base: Base, over: Members): Base;
export function mergeMembers(base: Members, over: Members): Members {
  const merged: Record<string, unknown> = { ...base };
  for (const [name, value] of Object.entries(over)) {
    const below = Object.hasOwn(merged, name) ? merged[name] : undefined;
    const both = isMembers(below) && isMembers(value) ? mergeMembers(below, value) : value;
    // Defined, not assigned: a member called __proto__ is a member.
    Object.defineProperty(merged, name, { value: both, enumerable: true, configurable: true, writable: true });
  }
  return merged;
}
