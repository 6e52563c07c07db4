import { ActionError, type Problem, throwProblems } from '../../action-error.ts';
import { joinWords } from '../../report/format.ts';
import type { Log, StepResult } from '../../runner/ports.ts';
import { type Closed, nounOf, type OpenJob, why } from './close-job.ts';

interface CloseDeps {
  readonly step: Pick<StepResult, 'output' | 'summary'>;
  readonly log: Log;
}

type Ended = Record<Closed, OpenJob[]>;

/** Stops what a closed pull request still has running: jobs that its own records name, and nothing else. */
export async function closePullRequest(
  number: number,
  open: readonly OpenJob[],
  { dryRun }: { dryRun: boolean },
  { log, step }: CloseDeps,
): Promise<void> {
  const ended: Ended = { stopped: [], stopping: [] };
  const problems: Problem[] = [];
  await Promise.all(
    open.map(async (job) => {
      try {
        const closed = await job.close({ dryRun });
        if (closed) ended[closed].push(job);
      } catch (error) {
        problems.push({
          name: job.name,
          message: `It could not be brought to an end: ${error instanceof Error ? error.message : String(error)}`,
          fix: error instanceof ActionError ? error.fix : 'Re-run this job; until then it is billed.',
        });
      }
    }),
  );
  const heading = writeHeading(number, ended, dryRun);
  log.info(`${heading}.`);
  const names = [...ended.stopped, ...ended.stopping].map((job) => `- ${nounOf(job)} \`${job.name}\``);
  await step.summary([`### ${heading}`, '', ...names].join('\n'));
  const removed = ended.stopped.map(({ kind, name }) => ({ kind, name, why }));
  step.output('removed', JSON.stringify(dryRun ? [] : removed));
  step.output('busy', '0');
  throwProblems(problems, 'aws');
}

function writeHeading(number: number, { stopped, stopping }: Ended, dryRun: boolean): string {
  const pullRequest = `pull request #${number}`;
  if (stopped.length + stopping.length === 0) return `Clean-up: ${pullRequest} left nothing running`;
  const done = [
    ...(stopped.length > 0 ? [`${dryRun ? 'would stop' : 'stopped'} ${countJobs(stopped)} of ${pullRequest}`] : []),
    ...(stopping.length > 0 ? [`asked ${countJobs(stopping)} of ${pullRequest} to stop`] : []),
  ];
  return `Clean-up: ${done.join(', ')}`;
}

/** `2 training jobs and 1 tuning job` */
function countJobs(jobs: readonly OpenJob[]): string {
  const counts = (['training-job', 'tuning-job'] as const).flatMap((kind) => {
    const { length } = jobs.filter((job) => job.kind === kind);
    return length === 0 ? [] : [`${length} ${nounOf({ kind })}${length === 1 ? '' : 's'}`];
  });
  return joinWords(counts);
}
