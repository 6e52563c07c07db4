import { dirname } from 'node:path';
import type { Python } from './find-python.ts';

/**
 * What every process of a machine sees of this one: the way to programs and the language. No credentials, no configuration of the person
 * who runs the cloud, and no way for an SDK to find them by itself.
 */
export function listBaseEnvironment(python: Python, root: string): Record<string, string> {
  return {
    // The interpreter itself first: a version manager's shim would look for its settings in the HOME of somebody else.
    PATH: `${dirname(python.executable)}:${process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin'}`,
    LANG: process.env['LANG'] ?? 'C.UTF-8',
    TMPDIR: `${root}/tmp`,
    PYTHONUSERBASE: python.userBase,
    PYTHONUNBUFFERED: '1',
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}
