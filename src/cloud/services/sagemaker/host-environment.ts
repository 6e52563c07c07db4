import { dirname } from 'node:path';
import type { Python } from '../../machines/find-python.ts';
import { moveOptMl, type HostFolder } from './host-folder.ts';
import type { Job } from './job.ts';

/**
 * All a host's processes see. Nothing of the cloud's own environment but the way to programs and the language: no credentials, no
 * configuration of the person who runs it, and no way for an SDK to find them by itself.
 */
export function listEnvironment(job: Job, host: HostFolder, region: string, python: Python): Record<string, string> {
  const asked = Object.entries(job.request.Environment ?? {}).map(([name, value]) => [name, moveOptMl(value, host.optMl)]);
  return {
    // The interpreter itself first: a version manager's shim would look for its settings in the HOME of somebody else.
    PATH: `${dirname(python.executable)}:${process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin'}`,
    LANG: process.env['LANG'] ?? 'C.UTF-8',
    TMPDIR: `${host.root}/tmp`,
    PYTHONUSERBASE: python.userBase,
    PYTHONUNBUFFERED: '1',
    AWS_EC2_METADATA_DISABLED: 'true',
    ...Object.fromEntries(asked),
    TRAINING_JOB_NAME: job.name,
    TRAINING_JOB_ARN: job.arn,
    AWS_REGION: region,
    SAGEMAKER_BASE_DIR: host.optMl,
  };
}
