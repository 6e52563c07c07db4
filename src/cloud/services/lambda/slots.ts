/** How many workers this machine runs at once. A caller waits for a slot; who idles on one is asked to make room. */
export interface Slots {
  readonly size: number;
  /** @returns what gives the slot back (idempotent) */
  take(): Promise<() => void>;
  /** `leave` is called when somebody waits: at once, or later. @returns takes the offer back */
  offer(leave: () => void): () => void;
}

export function createSlots(size: number): Slots {
  let used = 0;
  const waiting: (() => void)[] = [];
  const idle = new Set<() => void>();
  /** Asked to leave and not gone yet. */
  let leaving = 0;

  const makeRoom = () => {
    const [oldest] = idle;
    if (oldest === undefined || waiting.length <= leaving) return;
    idle.delete(oldest);
    leaving += 1;
    oldest();
  };
  const hold = () => {
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      leaving = Math.max(0, leaving - 1);
      const next = waiting.shift();
      if (next) next();
      else used -= 1;
    };
  };
  return {
    size,
    take: async () => {
      if (used < size) {
        used += 1;
        return hold();
      }
      await new Promise<void>((resolve) => {
        waiting.push(resolve);
        makeRoom();
      });
      return hold();
    },
    offer: (leave) => {
      // A wrapper of its own: two offers of one function are two offers.
      const entry = () => leave();
      idle.add(entry);
      makeRoom();
      return () => void idle.delete(entry);
    },
  };
}
