import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HostOutcome } from './run-hosts.ts';

/** FailureReason of a script that failed: what it wrote to /opt/ml/output/failure, and its exit code. */
export async function describeFailure({ machine, end }: HostOutcome): Promise<string> {
  if (end.exitCode === undefined)
    return `InternalServerError: the processes of ${machine.label} were ended by somebody else on this machine`;
  const written = await readFile(join(machine.optMl, 'output/failure'), 'utf8').catch(() => '');
  const code = `, exit code: ${end.exitCode}`;
  return `AlgorithmError: ${written.trim().slice(0, 1024 - 'AlgorithmError: '.length - code.length)}${code}`;
}
