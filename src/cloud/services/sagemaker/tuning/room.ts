import type { CreateTrainingJobRequest } from '@aws-sdk/client-sagemaker';
import type { Cloud } from '../../../contract.ts';
import type { JobTable } from '../job-table.ts';
import type { LaunchJob } from '../launch-job.ts';
import { createTuningHandlers } from './handlers.ts';
import { runTuning, stopTuning } from './run-tuning.ts';
import { createTuningTable } from './table.ts';
import type { TuningJob } from './tuning-job.ts';

interface Training {
  readonly jobs: JobTable;
  readonly launch: LaunchJob;
  readonly check: (request: CreateTrainingJobRequest) => void;
}

/** Tuning jobs: searches whose trials are training jobs like any other. */
export function createTuning(cloud: Cloud, { jobs, launch, check }: Training) {
  const tunings = createTuningTable(cloud, jobs);
  const running = new Set<Promise<void>>();
  const run = (tuning: TuningJob) => {
    const end = runTuning(tuning, { clock: cloud.clock, launch }).finally(() => running.delete(end));
    running.add(end);
  };
  return {
    handlers: createTuningHandlers({ cloud, tunings, checkTrial: check, run }),
    findTags: (arn: string) => tunings.findByArn(arn)?.tags,
    /** Ends every search, so that none starts another trial, and waits for them; training ends the trials that run. */
    close: async () => {
      for (const tuning of tunings.all()) stopTuning(tuning, cloud.clock);
      await Promise.all(running);
    },
  };
}
