import { createServer } from 'node:net';

/** Port of every serving container. */
export const servingPort = 8080;

export interface ServingAddresses {
  /** An address nobody on this machine serves at. @throws Error when there is none left */
  take(): Promise<string>;
  release(address: string): void;
}

/**
 * Gives every instance of an endpoint a loopback address of its own, so that each server has its port 8080 as in a container. They lie in
 * 127.x.255.y, which training hosts never use; `x` is drawn from the process, and an address where another cloud serves is passed over.
 */
export function createServingAddresses(processId: number): ServingAddresses {
  const taken = new Set<string>();
  let next = 0;
  return {
    take: async () => {
      for (let tries = 0; tries < 254; tries++) {
        const address = `127.${1 + (processId % 254)}.255.${1 + (next++ % 254)}`;
        if (taken.has(address)) continue;
        taken.add(address);
        if (await isFree(address)) return address;
        taken.delete(address);
      }
      throw new Error('The local cloud has no address left for another serving instance.');
    },
    release: (address) => void taken.delete(address),
  };
}

function isFree(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(servingPort, address, () => probe.close(() => resolve(true)));
  });
}
