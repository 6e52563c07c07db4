/**
 * Does something with each item, a few at once. The first failure stops the taking of items, waits for those under way, and is thrown.
 */
export async function forEachParallel<Item>(
  items: Iterable<Item> | AsyncIterable<Item>,
  most: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const failures: unknown[] = [];
  const active = new Set<Promise<void>>();
  for await (const item of items) {
    if (failures.length > 0) break;
    const running: Promise<void> = work(item)
      .catch((error: unknown) => void failures.push(error))
      .finally(() => active.delete(running));
    active.add(running);
    if (active.size >= most) await Promise.race(active);
  }
  await Promise.all(active);
  if (failures.length > 0) throw failures[0];
}

/** So many bytes are given out at once; who asks for more waits, in the order of asking. */
export interface Budget {
  /** @returns gives the bytes back */
  take(bytes: number): Promise<() => void>;
}

export function createBudget(total: number): Budget {
  let free = total;
  const waiting: { bytes: number; go: () => void }[] = [];
  const give = (bytes: number) => {
    free += bytes;
    for (let next = waiting[0]; next && next.bytes <= free; next = waiting[0]) {
      waiting.shift();
      free -= next.bytes;
      next.go();
    }
  };
  return {
    async take(asked) {
      const bytes = Math.min(asked, total);
      if (waiting.length === 0 && bytes <= free) free -= bytes;
      else await new Promise<void>((go) => waiting.push({ bytes, go }));
      let given = false;
      return () => {
        if (!given) give(bytes);
        given = true;
      };
    },
  };
}
