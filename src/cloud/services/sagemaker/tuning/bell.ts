/** Wakes the one who waits; a ring that comes while nobody waits is kept for the next. */
export interface Bell {
  ring(): void;
  wait(): Promise<void>;
}

export function createBell(): Bell {
  let rung = Promise.withResolvers<void>();
  return {
    ring: () => rung.resolve(),
    wait: async () => {
      await rung.promise;
      rung = Promise.withResolvers();
    },
  };
}
