import { describe, expect, test } from '@jest/globals';
import { array, assert, constantFrom, property } from 'fast-check';
import { firstState, nextState, type PromotionEvent, type PromotionState } from '../../../src/serving/promotion.ts';

type Unended = Exclude<PromotionState, { step: 'end' }>;
const done: PromotionEvent = { kind: 'done' };
const event = (kind: 'refused' | 'failed' | 'raced'): PromotionEvent => ({ kind, reason: 'why' });
const end = (kind: 'refused' | 'rolled-back' | 'stuck', reason = 'why') => ({ step: 'end', end: { kind, reason } });
const restore = (kind: 'refused' | 'rolled-back', reason = 'why') => ({ step: 'restore', end: { kind, reason } });
const giveBack: Unended = { step: 'give-back', reason: 'wrong.' };

describe('nextState', () => {
  test.each<[Unended, PromotionEvent, unknown]>([
    [{ step: 'raise' }, done, { step: 'remember' }],
    [{ step: 'raise' }, event('failed'), restore('refused')],
    [{ step: 'raise' }, event('refused'), restore('refused')],
    [{ step: 'raise' }, event('raced'), end('refused')],
    [{ step: 'remember' }, done, { step: 'move' }],
    [{ step: 'remember' }, event('refused'), restore('refused')],
    [{ step: 'remember' }, event('raced'), end('refused')],
    [{ step: 'move' }, done, { step: 'verify' }],
    [{ step: 'move' }, event('refused'), restore('refused')],
    [{ step: 'move' }, event('failed'), restore('rolled-back')],
    [{ step: 'move' }, event('raced'), end('refused')],
    [{ step: 'verify' }, done, { step: 'settle' }],
    [{ step: 'verify' }, event('failed'), { step: 'give-back', reason: 'why' }],
    [{ step: 'verify' }, event('refused'), { step: 'give-back', reason: 'why' }],
    [{ step: 'settle' }, done, { step: 'end', end: { kind: 'done' } }],
    [{ step: 'settle' }, event('failed'), { step: 'end', end: { kind: 'done' } }],
    [giveBack, done, restore('rolled-back', 'wrong.')],
    [giveBack, event('failed'), end('stuck', 'wrong. why')],
    [giveBack, event('refused'), end('stuck', 'wrong. why')],
    [giveBack, event('raced'), end('stuck', 'wrong. why')],
    [{ step: 'restore', end: { kind: 'refused', reason: 'x' } }, event('failed'), end('refused', 'x')],
  ])('%j and %j lead to %j', (state, happened, next) => {
    expect(nextState(state, happened, 'give-back')).toEqual(next);
  });

  test('a return to what was live before stays when the cases of today do not fit it, but not when it was never asked', () => {
    expect(nextState({ step: 'verify' }, event('failed'), 'keep')).toEqual({ step: 'settle' });
    expect(nextState({ step: 'verify' }, event('refused'), 'keep')).toEqual({ step: 'give-back', reason: 'why' });
  });

  test('whatever happens, it ends, and only a live that was verified is called done', () => {
    const events = array(constantFrom(done, event('refused'), event('failed'), event('raced')), {
      minLength: 12,
      maxLength: 12,
    });
    assert(
      property(events, (happening) => {
        let state: PromotionState = firstState;
        let verified = false;
        let moved = false;
        for (const happened of happening) {
          if (state.step === 'end') break;
          if (state.step === 'verify' && happened.kind === 'done') verified = true;
          if (state.step === 'move' && happened.kind === 'done') moved = true;
          state = nextState(state, happened, 'give-back');
        }
        expect(state.step).toBe('end');
        if (state.step !== 'end') return;
        expect(state.end.kind === 'done').toBe(verified);
        // "Refused" is said only of a live that this run has not moved, or that somebody else moved since.
        if (state.end.kind === 'refused' && moved) expect(happening.some(({ kind }) => kind === 'raced')).toBe(true);
      }),
    );
  });
});
