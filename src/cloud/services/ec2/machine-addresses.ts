export interface MachineAddresses {
  /** @throws Error when there is none left */
  take(): string;
  release(address: string): void;
}

/**
 * A loopback address for every instance, below those of training hosts in 127.x.254.y, so that its metadata service and what its
 * scripts listen on meet nobody else's. `x` is drawn from the process, so that two clouds on one machine seldom meet.
 */
export function createMachineAddresses(processId: number): MachineAddresses {
  const taken = new Set<string>();
  let next = 0;
  return {
    take: () => {
      for (let tries = 0; tries < 100; tries++) {
        const address = `127.${1 + (processId % 254)}.254.${1 + (next++ % 100)}`;
        if (taken.has(address)) continue;
        taken.add(address);
        return address;
      }
      throw new Error('The local cloud has no address left for another instance.');
    },
    release: (address) => void taken.delete(address),
  };
}
