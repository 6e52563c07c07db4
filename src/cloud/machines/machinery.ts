import { join } from 'node:path';
import type { Cloud } from '../contract.ts';
import { findPython, type Python } from './find-python.ts';
import { writeReaper } from './reaper.ts';
import { createSampler, type Sampler } from './sampler.ts';

/** What every machine of the local cloud is started with, one set for all its rooms. */
export interface Machinery {
  readonly sampler: Sampler;
  readonly python: Python;
  /** File of the wrapper that hosts run under. */
  readonly reaper: string;
}

/** Made ready with the first machine, not at start: a cloud that starts none needs no Python. @throws Error that says what is missing */
export type GetMachinery = () => Promise<Machinery>;

export function createMachinery({ folder, clock }: Pick<Cloud, 'folder' | 'clock'>): GetMachinery {
  let made: Promise<Machinery> | undefined;
  const make = async (): Promise<Machinery> => {
    if (process.platform !== 'linux')
      throw new Error('The local cloud executes code on Linux only: it ends the processes it starts by means of its kernel.');
    const python = await findPython();
    const reaper = join(folder, 'machines', 'reaper.py');
    await writeReaper(reaper);
    return { sampler: createSampler(clock), python, reaper };
  };
  return () => (made ??= make());
}
