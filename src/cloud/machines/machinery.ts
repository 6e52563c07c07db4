import { join } from 'node:path';
import type { Cloud } from '../contract.ts';
import { findPython, findTorchPython, type Python } from './find-python.ts';
import { writeReaper } from './reaper.ts';
import { createSampler, type Sampler } from './sampler.ts';

/** What every machine of the local cloud is started with, one set for all its rooms. */
export interface Machinery {
  readonly sampler: Sampler;
  readonly python: Python;
  /** The Python of this machine that plays a container image. @throws Error that says what to install */
  readonly pythonFor: (image: string) => Promise<Python>;
  /** File of the wrapper that hosts run under. */
  readonly reaper: string;
}

/** Made ready with the first machine, not at start: a cloud that starts none needs no Python. @throws Error that says what is missing */
export type GetMachinery = () => Promise<Machinery>;

export function createMachinery(
  { folder, clock }: Pick<Cloud, 'folder' | 'clock'>,
  findTorch: () => Promise<Python> = findTorchPython,
): GetMachinery {
  let made: Promise<Machinery> | undefined;
  let torch: Promise<Python> | undefined;
  const make = async (): Promise<Machinery> => {
    if (process.platform !== 'linux')
      throw new Error('The local cloud executes code on Linux only: it ends the processes it starts by means of its kernel.');
    const python = await findPython();
    const reaper = join(folder, 'machines', 'reaper.py');
    await writeReaper(reaper);
    const pythonFor = async (image: string) => (isPyTorch(image) ? (torch ??= forgetFailure(findTorch())) : python);
    return { sampler: createSampler(clock), python, pythonFor, reaper };
  };
  // Whoever installs what was missing need not start the cloud again.
  const forgetFailure = (found: Promise<Python>) => {
    found.catch(() => (torch = undefined));
    return found;
  };
  return () => (made ??= make());
}

/** By the name of its repository, as AWS's own: `…/pytorch-training:2.6.0-cpu-py312`. */
const isPyTorch = (image: string) => /^(?:.*\/)?pytorch[^/]*$/.test(image);
