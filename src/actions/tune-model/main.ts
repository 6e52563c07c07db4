import { throwProblems } from '../../action-error.ts';
import type { Log } from '../../runner/ports.ts';
import { checkFiles } from '../../spec/check-files.ts';
import { systemClock } from '../../time/clock.ts';
import { openPullRequests, openStep } from '../jobs/open-step.ts';
import { wireStep } from '../jobs/wire-step.ts';
import { readInputs } from './inputs.generated.ts';
import { run } from './run.ts';
import { getSettings } from './settings.ts';

/** Reads what the runner and the repository say, puts the adapters together, and searches. */
export async function tuneModel(root: string, log: Log, signal: AbortSignal): Promise<void> {
  const { env } = process;
  const opened = await openStep(readInputs, 'nothing was searched', log);
  if (!opened) return;
  const { inputs, spec, context, step } = opened;
  const workspace = env.GITHUB_WORKSPACE ?? process.cwd();
  const today = systemClock.now().toISOString().slice(0, 10);
  const { settings, warnings, problems } = getSettings(spec, inputs, env.AWS_REGION ?? env.AWS_DEFAULT_REGION, today);
  throwProblems([...problems, ...(await checkFiles(spec, workspace))]);
  if (!settings) throw new Error('There is nothing to search, and no problem says so.');
  const wired = await wireStep({ settings, inputs, context, step, log, signal, root, workspace });
  step.output('skipped', 'false');
  await run(settings, warnings, {
    ...wired,
    jobs: wired.tuning,
    records: wired.tuningRecords,
    runs: wired,
    mainRecords: wired.openTuningRecords({ kind: 'main' }),
    pullRequests: openPullRequests(context, inputs.githubToken, log),
  });
}
