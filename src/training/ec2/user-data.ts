import { ActionError } from '../../action-error.ts';
import type { BoxJob } from './box.ts';
import { pack, shortenAgent } from './pack-agent.ts';

/** What EC2 takes, before base64 (RunInstances, 2026-11-22). */
const maxBytes = 16_384;

/** For the start of the machine, its downloads and its uploads, beside the time that the script has. */
const spareSeconds = 15 * 60;

/** Unpacks the agent and the job in memory, so that a full disk or an unwritable one stops neither. */
const bootstrap = `import base64,sys,zlib
a,j=[zlib.decompress(base64.b64decode(t),31)for t in sys.argv[1:]]
sys.argv=["agent.py",j.decode()]
exec(compile(a,"agent.py","exec"))`;

/** Minutes after which the machine ends itself, whatever becomes of the job and of whoever started it. */
export function getDeadMansMinutes(job: Pick<BoxJob, 'maxRuntimeSeconds' | 'stopGraceSeconds'>): number {
  return Math.ceil((job.maxRuntimeSeconds + job.stopGraceSeconds + spareSeconds) / 60);
}

/**
 * The user data of the machine that a job runs on. Of the job it has a number and base64, so nothing of an input is shell text.
 * The last line ends the machine when the agent could not even start or was killed.
 * @param agent text of training/box/agent.py
 * @throws ActionError when EC2 would not take it
 */
export function buildUserData(job: BoxJob, agent: string): string {
  const text = `#!/bin/sh
shutdown -P +${getDeadMansMinutes(job)}
python3 -I -c '${bootstrap}' ${pack(shortenAgent(agent))} ${pack(JSON.stringify(job))} || shutdown -P now
`;
  if (text.length > maxBytes) throw tooLong(job, text.length);
  return text;
}

function tooLong(job: BoxJob, bytes: number): ActionError {
  const sizes = (['hyperparameters', 'environment', 'channels'] as const)
    .map((name) => ({ name, bytes: Buffer.byteLength(JSON.stringify(job[name])) }))
    .toSorted((one, other) => other.bytes - one.bytes);
  const [largest] = sizes;
  return new ActionError({
    kind: 'input',
    message:
      `${job.name}: what a machine of EC2 is started with (its user data) would have ${bytes} bytes, and EC2 takes ${maxBytes}. ` +
      `Of the job it has, before packing: ${sizes.map((size) => `${size.name} ${size.bytes} bytes`).join(', ')}.`,
    fix: `Shorten the ${largest?.name ?? 'job'}, e.g. keep long values in a file of the code folder; or train this run on SageMaker.`,
  });
}
