/**
 * Where a promotion stands: what is to be done next. Live is what it was until `move` is done, and what is promoted from then on,
 * unless `give-back` undoes it.
 *
 * | step | with alias `live` (`alias`) | with the endpoint of the stable name (`in-place`) |
 * | --- | --- | --- |
 * | raise | as many machines as live has | scaling taken off where the machines change |
 * | remember | alias `previous` names what is live | the same, and the configuration that is live is written down |
 * | move | alias `live` moves, guarded by its revision | the endpoint is updated; AWS itself may take that back |
 * | verify | the smoke cases, through alias `live` | the same |
 * | settle | times to live, scaling range, what is not needed any more | the same |
 * | give-back | alias `live` moves back | the endpoint is updated to the configuration from before |
 * | restore | everything beside live that was changed on the way is as before | the same |
 */
export type PromotionState =
  | { readonly step: 'raise' | 'remember' | 'move' | 'verify' }
  | { readonly step: 'settle' }
  | { readonly step: 'give-back'; readonly reason: string }
  | { readonly step: 'restore'; readonly end: PromotionEnd }
  | { readonly step: 'end'; readonly end: PromotionEnd };

export type PromotionEnd =
  | { readonly kind: 'done' }
  /** Nothing was moved. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** Live was moved, and is what it was. */
  | { readonly kind: 'rolled-back'; readonly reason: string }
  /** Live was moved and could not be moved back. */
  | { readonly kind: 'stuck'; readonly reason: string };

/**
 * What doing a step came to. `refused`: it did nothing. `failed`: it may have done a part. `raced`: somebody else changed live
 * meanwhile; what is live now is theirs, and nothing of it may be undone.
 */
export type PromotionEvent =
  | { readonly kind: 'done' }
  | { readonly kind: 'refused' | 'failed' | 'raced'; readonly reason: string };

type Unended = Exclude<PromotionState, { step: 'end' }>;

export const firstState: Unended = { step: 'raise' };

/**
 * What is to be done after a step has ended. Pure.
 * @param onWrongAnswers `keep` for a return to what was live before: it is wanted even when today's cases do not fit it
 */
export function nextState(state: Unended, event: PromotionEvent, onWrongAnswers: 'give-back' | 'keep'): PromotionState {
  if (state.step === 'restore') return { step: 'end', end: state.end };
  // What is live was verified; what is left to tidy up has been said, and a sweep or the next release does it.
  if (state.step === 'settle') return { step: 'end', end: { kind: 'done' } };
  if (event.kind === 'done') return afterDone(state);
  const { reason } = event;
  if (state.step === 'give-back') return { step: 'end', end: { kind: 'stuck', reason: `${state.reason} ${reason}` } };
  if (event.kind === 'raced') return { step: 'end', end: { kind: 'refused', reason } };
  switch (state.step) {
    case 'raise':
    case 'remember':
      return { step: 'restore', end: { kind: 'refused', reason } };
    case 'move':
      return { step: 'restore', end: { kind: event.kind === 'refused' ? 'refused' : 'rolled-back', reason } };
    case 'verify':
      break;
  }
  return onWrongAnswers === 'keep' && event.kind === 'failed' ? { step: 'settle' } : { step: 'give-back', reason };
}

const following = { raise: 'remember', remember: 'move', move: 'verify', verify: 'settle' } as const;

function afterDone(state: Exclude<Unended, { step: 'restore' | 'settle' }>): PromotionState {
  if (state.step === 'give-back') return { step: 'restore', end: { kind: 'rolled-back', reason: state.reason } };
  return { step: following[state.step] };
}
