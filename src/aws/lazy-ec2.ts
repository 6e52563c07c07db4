import type { MachinePrices, Machines } from '../training/ec2/ports.ts';
import type { Clients } from './clients.ts';

/** EC2's clients are large, and most steps never need them: they are loaded with the first call. */
export function createLazyMachines(clients: Clients): Machines {
  let made: Promise<Machines> | undefined;
  const load = () => (made ??= import('./ec2-machines.ts').then(({ createMachines }) => createMachines(clients)));
  return {
    findImage: async (parameters) => (await load()).findImage(parameters),
    start: async (request) => (await load()).start(request),
    find: async (tags) => (await load()).find(tags),
    terminate: async (id) => (await load()).terminate(id),
    console: async (id) => (await load()).console(id),
  };
}

export function createLazyMachinePrices(clients: Clients): MachinePrices {
  let made: Promise<MachinePrices> | undefined;
  const load = () => (made ??= import('./ec2-prices.ts').then(({ createMachinePrices }) => createMachinePrices(clients)));
  return {
    onDemand: async (instanceType, region) => (await load()).onDemand(instanceType, region),
    spot: async (instanceType, zone, at) => (await load()).spot(instanceType, zone, at),
    volume: async (region) => (await load()).volume(region),
  };
}
