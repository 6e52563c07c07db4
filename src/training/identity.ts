import { createHash } from 'node:crypto';
import type { RunContext } from '../records/context.ts';

/**
 * What a run is called before it exists: `<spec name>-<label>-<hash10>`, at most 52 characters, so that `-a<n>` fits
 * below SageMaker's 63. The hash tells repositories, workflow runs, jobs, steps and legs of a matrix apart; the attempt
 * is left out, so a re-run finds what the first attempt made.
 */
export function getBaseName(run: { specName: string; specPath: string; label: string; context: RunContext }): string {
  return `${run.specName}-${run.label}-${hashRun(run).slice(0, 10)}`;
}

const longestTuningName = 32;
const longestSuffix = '-a99'.length;

/**
 * The same of a search, whose name may have 32 characters with `-a<n>`. The model's name stays whole, because roles are allowed what
 * begins with it; the hash gives way, to seven digits at least.
 */
export function getTuningBaseName(search: { specName: string; specPath: string; context: RunContext }): string {
  const room = longestTuningName - longestSuffix - `${search.specName}-`.length;
  return `${search.specName}-${hashRun({ ...search, label: 'tune' }).slice(0, Math.min(10, room))}`;
}

function hashRun({ context, specPath, label }: { specPath: string; label: string; context: RunContext }): string {
  const { repository, workflow } = context;
  const parts = [repository.id, workflow.runId, workflow.job, workflow.step, workflow.matrix, specPath, label];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/** Name of the n-th job of a run, from 1. */
export function getJobName(baseName: string, attempt: number): string {
  return `${baseName}-a${attempt}`;
}

/** Whether a job's name is one of this run's. */
export function isJobOf(baseName: string, jobName: string): boolean {
  return jobName.startsWith(`${baseName}-a`) && /^[1-9][0-9]*$/.test(jobName.slice(baseName.length + 2));
}

const tag = {
  repository: 'trainyard:repo',
  run: 'trainyard:run',
  attempt: 'trainyard:attempt',
  expires: 'trainyard:expires-at',
  name: 'trainyard:name',
} as const;

/** Tags that say whose a resource is and from when on nobody can need it. They win over tags of the same key in the spec. */
export function getTags(
  context: RunContext,
  specName: string,
  expiresAt: Date,
  more: Readonly<Record<string, string>>,
): Record<string, string> {
  return {
    ...more,
    [tag.repository]: `${context.repository.owner}/${context.repository.name}`,
    [tag.run]: context.workflow.runId,
    [tag.attempt]: String(context.workflow.attempt),
    [tag.expires]: `${expiresAt.toISOString().slice(0, 19)}Z`,
    [tag.name]: specName,
  };
}

/** Whether a resource with these tags was made by this workflow run (any attempt of it). */
export function isOurs(tags: Readonly<Record<string, string>>, context: RunContext): boolean {
  return (
    tags[tag.repository] === `${context.repository.owner}/${context.repository.name}` && tags[tag.run] === context.workflow.runId
  );
}
