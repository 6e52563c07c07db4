import { listBaseEnvironment } from '../../machines/base-environment.ts';
import type { Python } from '../../machines/find-python.ts';
import { moveOptMl, type HostFolder } from './host-folder.ts';
import type { Job } from './job.ts';

/** All a host's processes see. */
export function listEnvironment(job: Job, host: HostFolder, region: string, python: Python): Record<string, string> {
  const asked = Object.entries(job.request.Environment ?? {}).map(([name, value]) => [name, moveOptMl(value, host.optMl)]);
  return {
    ...listBaseEnvironment(python, host.root),
    ...Object.fromEntries(asked),
    TRAINING_JOB_NAME: job.name,
    TRAINING_JOB_ARN: job.arn,
    AWS_REGION: region,
    SAGEMAKER_BASE_DIR: host.optMl,
  };
}
