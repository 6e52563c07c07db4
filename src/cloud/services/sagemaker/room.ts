import type { CreateTrainingJobRequest } from '@aws-sdk/client-sagemaker';
import type { Cloud } from '../../contract.ts';
import { type CorePool, createCorePool } from '../../machines/cores.ts';
import type { GetMachinery } from '../../machines/machinery.ts';
import { createAddresses } from './addresses.ts';
import { checkRequest } from './check-request.ts';
import { createTrainingHandlers } from './handlers.ts';
import { createJobTable } from './job-table.ts';
import { changeJob, isOver, type Job } from './job.ts';
import { createLaunch } from './launch-job.ts';
import type { TrainingMachinery } from './run-hosts.ts';
import { endJob } from './end-job.ts';
import { runJob } from './run-job.ts';

export interface TrainingOptions {
  /** From SIGTERM to SIGKILL when a job is stopped; 120 on AWS. */
  readonly stopGraceSeconds?: number;
  /** Instances of a type that may be in use at once; 100 where none is given. */
  readonly quotas?: Readonly<Record<string, number>>;
  /** Cores to share out; those of this machine where none is given. */
  readonly cores?: number;
}

/** Training jobs and the machines they run on, without the wire. @param pool the cores, where others take theirs from them too */
export function createTraining(
  cloud: Cloud,
  machines: GetMachinery,
  options: TrainingOptions,
  pool: CorePool = createCorePool(options.cores),
) {
  const jobs = createJobTable(cloud);
  const giveAddresses = createAddresses(process.pid);

  const prepare = async (): Promise<TrainingMachinery> => {
    const { clock, region } = cloud;
    return { ...(await machines()), clock, region, stopGraceSeconds: options.stopGraceSeconds ?? 120 };
  };
  const execute = async (job: Job) => {
    try {
      await runJob(job, { cloud, pool, machinery: await prepare(), giveAddresses });
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
    return end;
  };
  const check = (request: CreateTrainingJobRequest) => checkRequest(request, cloud, jobs, options.quotas ?? {});
  const launch = createLaunch({ cloud, jobs, check, run });
  return {
    findTags: (arn: string) => jobs.findByArn(arn)?.tags,
    jobs,
    check,
    launch,
    handlers: createTrainingHandlers({ cloud, jobs, launch }),
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
