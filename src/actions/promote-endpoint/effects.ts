import { ActionError } from '../../action-error.ts';
import { firstState, nextState, type PromotionEnd, type PromotionEvent, type PromotionState } from '../../serving/promotion.ts';
import type { PromoteDeps } from './deps.ts';

/** What carrying out each step of a promotion does. What they throw counts as `refused`: they throw only before they have an effect. */
export interface Effects {
  raise(): Promise<PromotionEvent>;
  remember(): Promise<PromotionEvent>;
  move(): Promise<PromotionEvent>;
  verify(): Promise<PromotionEvent>;
  settle(): Promise<PromotionEvent>;
  giveBack(reason: string): Promise<PromotionEvent>;
  restore(end: PromotionEnd): Promise<PromotionEvent>;
}

export const done: PromotionEvent = { kind: 'done' };
export const failed = (reason: string): PromotionEvent => ({ kind: 'failed', reason });
export const refused = (reason: string): PromotionEvent => ({ kind: 'refused', reason });
export const raced = (reason: string): PromotionEvent => ({ kind: 'raced', reason });

export const cancelReason = 'The workflow was cancelled.';

type Unended = Exclude<PromotionState, { step: 'end' }>;

/** Does step after step until the promotion has ended. After a cancel nothing more is begun, and what was moved is given back. */
export async function drive(
  effects: Effects,
  onWrongAnswers: 'give-back' | 'keep',
  deps: Pick<PromoteDeps, 'signal' | 'log'>,
  start: Unended = firstState,
): Promise<PromotionEnd> {
  let state: PromotionState = start;
  while (state.step !== 'end') {
    const event: PromotionEvent = await perform(state, effects, deps);
    const next = nextState(state, event, deps.signal.aborted ? 'give-back' : onWrongAnswers);
    if (state.step === 'verify' && next.step === 'settle' && event.kind !== 'done')
      deps.log.warning(`${event.reason} It stays live all the same, because going back was asked for.`, 'Live check failed');
    state = next;
  }
  return state.end;
}

const abortable: ReadonlySet<string> = new Set(['raise', 'remember', 'move', 'verify']);

async function perform(state: Unended, effects: Effects, { signal, log }: Pick<PromoteDeps, 'signal' | 'log'>) {
  if (signal.aborted && abortable.has(state.step)) return refused(cancelReason);
  try {
    if (state.step === 'give-back') return await effects.giveBack(state.reason);
    return state.step === 'restore' ? await effects.restore(state.end) : await effects[state.step]();
  } catch (error) {
    if (error instanceof ActionError) return refused(`${error.message} ${error.fix}`);
    if (error instanceof Error) log.untrusted('Where it happened', (error.stack ?? '').split('\n'));
    return refused(String(error));
  }
}

/** Something that a promotion leaves behind; when it cannot be tidied up now, that is said, and a sweep or the next release does it. */
export async function attempt(what: string, log: PromoteDeps['log'], work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    log.warning(`${what} could not be done: ${error instanceof Error ? error.message : String(error)}`);
  }
}
