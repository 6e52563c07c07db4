import { join } from 'node:path';
import type { Cloud } from '../../contract.ts';
import { createCorePool } from '../../machines/cores.ts';
import { findPython } from '../../machines/find-python.ts';
import { writeReaper } from '../../machines/reaper.ts';
import { createSampler } from '../../machines/sampler.ts';
import { createAddresses } from './addresses.ts';
import { createTrainingHandlers } from './handlers.ts';
import { createJobTable } from './job-table.ts';
import { changeJob, isOver, type Job } from './job.ts';
import type { Machinery } from './run-hosts.ts';
import { endJob } from './end-job.ts';
import { runJob } from './run-job.ts';

export interface SageMakerOptions {
  /** From SIGTERM to SIGKILL when a job is stopped; 120 on AWS. */
  readonly stopGraceSeconds?: number;
  /** Instances of a type that may be in use at once; 100 where none is given. */
  readonly quotas?: Readonly<Record<string, number>>;
  /** Cores to share out; those of this machine where none is given. */
  readonly cores?: number;
}

/** Training jobs and the machines they run on, without the wire. */
export function createTraining(cloud: Cloud, options: SageMakerOptions) {
  const jobs = createJobTable(cloud);
  const pool = createCorePool(options.cores);
  const sampler = createSampler(cloud.clock);
  const giveAddresses = createAddresses(process.pid);
  let machinery: Promise<Machinery> | undefined;

  /** With the first job, not at start: a cloud that trains nothing needs no Python. */
  const prepare = async (): Promise<Machinery> => {
    if (process.platform !== 'linux')
      throw new Error('The local cloud executes jobs on Linux only: it ends their processes by means of its kernel.');
    const python = await findPython();
    const reaper = join(cloud.folder, 'machines', 'reaper.py');
    await writeReaper(reaper);
    const { clock, region } = cloud;
    return { clock, region, sampler, python, reaper, stopGraceSeconds: options.stopGraceSeconds ?? 120 };
  };
  const execute = async (job: Job) => {
    try {
      machinery ??= prepare();
      await runJob(job, { cloud, pool, machinery: await machinery, giveAddresses });
    } catch (error) {
      const failureReason = `InternalServerError: ${error instanceof Error ? error.message : String(error)}`;
      changeJob(job, cloud.clock, {
        secondaryStatus: 'Failed',
        message: 'Training job failed',
        status: 'Failed',
        state: { failureReason },
      });
    }
  };

  const running = new Set<Promise<void>>();
  const run = (job: Job) => {
    const end = execute(job).finally(() => running.delete(end));
    running.add(end);
  };
  return {
    handlers: createTrainingHandlers({ cloud, jobs, quotas: options.quotas ?? {}, run }),
    /** Ends every job without grace, and waits until their processes are gone. */
    close: async () => {
      for (const job of jobs.all().filter((one) => !isOver(one))) {
        endJob(job, cloud.clock, 'stopped');
        job.close.abort();
      }
      await Promise.all(running);
    },
  };
}
