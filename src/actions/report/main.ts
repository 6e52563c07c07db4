import { explainForkRun, explainProduct } from '../../report/explain.ts';
import { createInputReader } from '../../runner/inputs.ts';
import { createLog } from '../../runner/log.ts';
import { createStep } from '../../runner/step.ts';
import { findUntrusted } from '../../runner/trust.ts';
import { readSpec } from '../../spec/read.ts';
import { readInputs } from './inputs.generated.ts';
import { reportRelease } from './release.ts';
import { type Outputs, run } from './run.ts';
import { findDeps, readRunContext } from './wire.ts';

/** The report step: inputs → context → records → comment, summary, HTML file and outputs. */
export async function reportMain(): Promise<void> {
  const log = createLog();
  const step = createStep();
  const inputs = readInputs(createInputReader());
  const context = await readRunContext();
  const untrusted = findUntrusted(context);
  if (untrusted !== undefined) {
    log.notice(untrusted, 'Nothing to report');
    await step.summary(explainForkRun(untrusted));
    return writeOutputs({ skipped: true });
  }
  const spec = await readSpec(inputs.spec, { environment: inputs.environment });
  const deps = await findDeps({ spec, inputs, context, log, step });
  if (deps) return writeOutputs((await reportRelease(spec, deps)) ?? (await run(spec, deps)));
  const why = `The commit ${context.commit.slice(0, 7)} is the head of no open pull request, so no records are kept for it.`;
  log.notice(why);
  await step.summary(explainProduct(spec.path, why));
  writeOutputs({ skipped: false });

  function writeOutputs(outputs: Outputs): void {
    step.output('comment-url', outputs.commentUrl ?? '');
    step.output('html', outputs.html ?? '');
    step.output('skipped', String(outputs.skipped));
  }
}
