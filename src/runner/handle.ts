import { ActionError, describeProblem } from '../action-error.ts';
import type { Problem } from '../action-error.ts';
import { createLog } from './log.ts';
import type { Log } from './ports.ts';

/** GitHub shows ten annotations of a level and step. */
const maxAnnotations = 10;

interface Options {
  readonly log?: Log;
  /** For `post`: what goes wrong is a warning and the step stays as main left it. */
  readonly warnOnly?: boolean;
}

/** Runs an action and says what went wrong: what, on which resource, why, and what to change. Never rejects. */
export async function handleAction(
  run: () => Promise<void>,
  { log = createLog(), warnOnly = false }: Options = {},
): Promise<void> {
  try {
    await run();
  } catch (error) {
    if (error instanceof ActionError) printError(error, log, warnOnly);
    else printBug(error, log, warnOnly);
    if (!warnOnly) process.exitCode = 1;
  }
}

function printError(error: ActionError, log: Log, warnOnly: boolean): void {
  const several = error.problems.length > 1;
  const problems = several
    ? error.problems
    : [{ name: '', message: error.message, fix: error.fix, ...(error.where ? { where: error.where } : {}) }];
  if (several) {
    log.info(`${problems.length} problems:`);
    for (const problem of problems) log.info(`- ${place(problem)}${sentence(problem)}`);
  }
  // With more than fit, the last place says how many are not shown.
  const shown = problems.length > maxAnnotations ? maxAnnotations - 1 : problems.length;
  for (const problem of problems.slice(0, shown)) annotate(problem, log, warnOnly);
  const rest = problems.length - shown;
  if (rest > 0)
    annotate(
      { name: '', message: `${rest} more problems are listed in the log of this step.`, fix: 'Open the log.' },
      log,
      warnOnly,
    );
}

function annotate(problem: Problem, log: Log, warnOnly: boolean): void {
  const text = sentence(problem);
  if (warnOnly) log.warning(`${place(problem)}${text}`);
  else log.error(text, problem.where ?? {});
}

function sentence(problem: Problem): string {
  return `${describeProblem(problem)}\nFix: ${problem.fix}`;
}

function place({ where }: Problem): string {
  return where ? `${where.file}${where.line === undefined ? '' : `:${where.line}`} ` : '';
}

function printBug(error: unknown, log: Log, warnOnly: boolean): void {
  const { message, stack } = error instanceof Error ? error : { message: String(error), stack: undefined };
  log.untrusted('Where it happened', describeChain(error, stack));
  const text = `${message}\nThis is a bug in Trainyard. Fix: please report it with the log of this step.`;
  if (warnOnly) log.warning(text);
  else log.error(text);
}

function describeChain(error: unknown, stack: string | undefined): string[] {
  const lines = (stack ?? String(error)).split('\n');
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error ? [...lines, ...`Caused by ${cause.stack ?? cause.message}`.split('\n')] : lines;
}
