import { describe, expect, test } from '@jest/globals';
import { isPromoting, readMark, writeMark } from '../../../src/serving/promotion-mark.ts';
import { decidePromotion, decideReturn, type PromotionSituation } from '../../../src/serving/promotion-plan.ts';
import { endpointOf, now, targetOf } from './samples.ts';

const minutesAgo = (minutes: number) => new Date(now.getTime() - minutes * 60_000);
const seen = (more: Partial<PromotionSituation>): PromotionSituation => ({
  now,
  runId: '7',
  candidate: undefined,
  live: undefined,
  previous: undefined,
  ...more,
});
const promoting = (runId: string, minutes: number) => writeMark({ state: 'promoting', runId, at: minutesAgo(minutes) });

describe('decidePromotion', () => {
  test('a first release has nothing to go back to', () => {
    const candidate = targetOf('1');
    expect(decidePromotion(seen({ candidate }))).toEqual({ kind: 'go', to: candidate, from: undefined, resume: false });
  });

  test('a candidate goes live in place of what is', () => {
    const [candidate, live] = [targetOf('2'), targetOf('1')];
    expect(decidePromotion(seen({ candidate, live }))).toEqual({ kind: 'go', to: candidate, from: live, resume: false });
  });

  test('a candidate that is live already changes nothing', () => {
    const live = targetOf('1', { description: writeMark({ state: 'live', runId: '6', at: now }) });
    expect(decidePromotion(seen({ candidate: targetOf('1'), live }))).toEqual({ kind: 'unchanged', live });
  });

  test('what an attempt of this run moved and did not verify is verified now', () => {
    const [candidate, previous] = [targetOf('2'), targetOf('1')];
    const live = targetOf('2', { description: promoting('7', 1) });
    expect(decidePromotion(seen({ candidate, live, previous }))).toEqual({
      kind: 'go',
      to: candidate,
      from: previous,
      resume: true,
    });
  });

  test.each<[string, Partial<PromotionSituation>, RegExp]>([
    ['no candidate', { live: targetOf('1') }, /there is no candidate.*Run deploy-endpoint again/],
    [
      'one that expired',
      { candidate: targetOf('2', { expiresAt: minutesAgo(1) }) },
      /^the candidate \(dogs-2\) expired at 2026-11-22T11:59:00.000Z\. Run deploy-endpoint again/,
    ],
    [
      'one whose endpoint is gone',
      { candidate: targetOf('2', { endpoint: undefined }) },
      /endpoint of the candidate \(dogs-2\) is gone/,
    ],
    [
      'one whose endpoint failed',
      { candidate: targetOf('2', { endpoint: endpointOf({ status: 'Failed', failureReason: 'no /ping' }) }) },
      /is Failed: no \/ping/,
    ],
    [
      'another run in the middle of it',
      { candidate: targetOf('3'), live: targetOf('2', { description: promoting('6', 5) }) },
      /run 6 is promoting since/,
    ],
    ['somebody who shares live out', { candidate: targetOf('3'), live: targetOf('2', { weighted: true }) }, /shares its traffic/],
  ])('refuses with %s', (_what, situation, reason) => {
    const decision = decidePromotion(seen(situation));
    expect(decision.kind === 'refused' && decision.reason).toMatch(reason);
  });

  test('a mark that is hours old holds nobody up', () => {
    const live = targetOf('2', { description: promoting('6', 180) });
    expect(decidePromotion(seen({ candidate: targetOf('3'), live }))).toMatchObject({ kind: 'go' });
  });

  test('an endpoint that is being scaled serves', () => {
    const candidate = targetOf('2', { endpoint: endpointOf({ status: 'Updating' }) });
    expect(decidePromotion(seen({ candidate }))).toMatchObject({ kind: 'go' });
  });
});

describe('decideReturn', () => {
  test('goes back to what was live before', () => {
    const [live, previous] = [targetOf('2'), targetOf('1')];
    expect(decideReturn(seen({ live, previous }))).toEqual({ kind: 'go', to: previous, from: live, resume: false });
  });

  test.each<[string, Partial<PromotionSituation>, RegExp]>([
    ['nothing live', {}, /nothing is live/],
    ['nothing before', { live: targetOf('1') }, /no version to go back to/],
    ['a way back that is live', { live: targetOf('1'), previous: targetOf('1') }, /no version to go back to/],
    [
      'a way back whose time is over',
      { live: targetOf('2'), previous: targetOf('1', { expiresAt: minutesAgo(0) }) },
      /expired at/,
    ],
  ])('refuses with %s', (_what, situation, reason) => {
    const decision = decideReturn(seen(situation));
    expect(decision.kind === 'refused' && decision.reason).toMatch(reason);
  });
});

describe('marks', () => {
  test('are read as they were written', () => {
    const mark = { state: 'live', runId: '123', at: now, commit: 'c0ffee0' } as const;
    expect(readMark(writeMark(mark))).toEqual(mark);
  });

  test.each(['', 'promoting: run x since 2026-11-22T12:00:00Z', 'promoting: run 1 since yesterday', 'ours'])(
    '%j is no mark',
    (text) => {
      expect(readMark(text)).toBeUndefined();
    },
  );

  test('stop counting after two hours', () => {
    expect([0, 119, 121].map((minutes) => isPromoting(promoting('1', minutes), now))).toEqual([true, true, false]);
  });
});
