import { join } from 'node:path';
import { throwProblems } from '../../action-error.ts';
import type { Log } from '../../runner/ports.ts';
import { checkFiles } from '../../spec/check-files.ts';
import { systemClock } from '../../time/clock.ts';
import { openStep } from '../jobs/open-step.ts';
import { wireStep } from '../jobs/wire-step.ts';
import { readInputs } from './inputs.generated.ts';
import { run } from './run.ts';
import { getSettings } from './settings.ts';

/** Reads what the runner and the repository say, puts the adapters together, and trains. */
export async function trainOnEc2(root: string, log: Log, signal: AbortSignal): Promise<void> {
  const { env } = process;
  const opened = await openStep(readInputs, 'nothing was trained', log);
  if (!opened) return;
  const { inputs, spec, context, step } = opened;
  const workspace = env.GITHUB_WORKSPACE ?? process.cwd();
  const asked = { ...inputs, labels: inputs.runs };
  const today = systemClock.now().toISOString().slice(0, 10);
  const { settings, problems } = getSettings(spec, asked, env.AWS_REGION ?? env.AWS_DEFAULT_REGION, today, log);
  const missing = await checkFiles(spec, workspace);
  throwProblems([...problems, ...missing]);
  const wired = await wireStep({ settings, inputs, context, step, log, signal, root, workspace });
  const { jobs, logs, utilisation, machines, machinePrices } = wired.ec2;
  step.output('skipped', 'false');
  await run(settings, {
    ...wired,
    // Both kinds of runs spend from one budget.
    runs: wired,
    jobs,
    logs,
    utilisation,
    machines,
    machinePrices,
    agent: join(root, 'training', 'box', 'agent.py'),
  });
}
