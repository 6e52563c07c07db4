import { ActionError, describeProblem } from '../../action-error.ts';
import { getFunctionName } from '../../serving/names.ts';
import { getRecordBasis } from '../../serving/release-records.ts';
import type { PromoteDeps } from './deps.ts';
import { saveEnded } from './state.ts';

type Deps = Pick<PromoteDeps, 'records' | 'context' | 'spec' | 'clock' | 'isRehearsal' | 'log' | 'step'>;

/**
 * Records that a promotion ended before it changed anything. Without a record the report would say that the candidate waits for an
 * approval which it has had. Never throws: why it ended is what the step fails with.
 */
export async function recordRefusal(error: unknown, deps: Deps): Promise<void> {
  const { records, context, spec, clock, log, step } = deps;
  try {
    step.output('outcome', 'refused');
    await records.write({
      ...getRecordBasis({
        context,
        spec,
        rehearsal: await deps.isRehearsal(),
        release: getFunctionName(spec.name),
        at: clock.now(),
      }),
      kind: 'promote',
      outcome: { kind: 'refused', reason: describe(error) },
      seconds: 0,
    });
    saveEnded(step);
  } catch (cause) {
    log.warning(`That nothing was promoted could not be recorded: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}

function describe(error: unknown): string {
  if (error instanceof ActionError && error.problems.length > 0) return error.problems.map(describeProblem).join(' ');
  return error instanceof Error ? error.message : String(error);
}
