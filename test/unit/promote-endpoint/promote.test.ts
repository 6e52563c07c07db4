import { describe, expect, test } from '@jest/globals';
import { ActionError } from '../../../src/action-error.ts';
import { endPromotion, endUnmoved } from '../../../src/actions/promote-endpoint/end-promotion.ts';
import { run } from '../../../src/actions/promote-endpoint/run.ts';
import { findBegun, findState, saveBegun } from '../../../src/actions/promote-endpoint/state.ts';
import { writeMark } from '../../../src/serving/promotion-mark.ts';
import type { Spec } from '../../../src/spec/spec.ts';
import { createWorld, right, type World, wrong } from './world.ts';

const asked = { rollback: false, githubEnvironment: 'production' };
const promote = async (world: World, more: Partial<typeof asked> = {}): Promise<string> =>
  run({ ...asked, ...more }, world.deps).then(
    () => 'ok',
    (error: unknown) => (error instanceof ActionError ? error.message : `not ours: ${String(error)}`),
  );
const names = (world: World) => Object.fromEntries([...world.aliases].map(([name, { version }]) => [name, version]));
const outcome = (world: World) => {
  const record = world.records.findLast(({ kind }) => kind === 'promote');
  return record?.kind === 'promote' ? record.outcome : undefined;
};
const expiry = (world: World, name: string) => world.tags.get(`arn:endpoint/${name}`)?.['trainyard:expires-at'];

const denied = new ActionError({ kind: 'permission', message: 'You may not look.', fix: 'Ask.' });

/** Version 1 live, version 2 the candidate. */
function second(change?: (spec: Spec) => Spec): World {
  const world = createWorld(change);
  for (const version of ['1', '2']) {
    world.addEndpoint(`dogs-${version}`);
    world.addVersion(version, `dogs-${version}`);
  }
  world.setAlias('live', '1', 'live: run 1 since 2026-11-21T12:00:00.000Z');
  world.setAlias('candidate', '2');
  return world;
}

describe('with alias live', () => {
  test('a first release goes live and has no way back', async () => {
    const world = createWorld();
    world.addEndpoint('dogs-1');
    world.addVersion('1', 'dogs-1');
    world.setAlias('candidate', '1');
    expect(await promote(world)).toBe('ok');
    expect(names(world)).toEqual({ candidate: '1', live: '1' });
    expect(outcome(world)).toEqual({ kind: 'promoted' });
    expect(Object.fromEntries(world.outputs)).toEqual({ outcome: 'promoted', live: 'dogs-1', previous: '' });
    expect(expiry(world, 'dogs-1')).toBe('never');
    expect(world.lines).toContain(
      'Nothing is live yet: this is the first release, so there is no way back when the live check fails.',
    );
  });

  test('the next one replaces it, and what was live is kept for an hour without warm environments', async () => {
    const world = second();
    world.provisioned.add('1');
    expect(await promote(world)).toBe('ok');
    expect(names(world)).toEqual({ candidate: '2', live: '2', previous: '1' });
    expect(outcome(world)).toEqual({ kind: 'promoted', from: 'dogs-1', keepUntil: '2026-11-22T13:00:00.000Z' });
    expect([expiry(world, 'dogs-2'), expiry(world, 'dogs-1')]).toEqual(['never', '2026-11-22T13:00:00Z']);
    expect(world.provisioned.size).toBe(0);
    expect(world.statuses).toEqual(['2 in_progress', '2 success', '1 inactive']);
    expect(findState(world.deps.step)).toBeUndefined();
  });

  test('it has as many machines as live before it gets its traffic, and its own range again after', async () => {
    const world = second();
    world.addEndpoint('dogs-1', { variant: { name: 'all', instances: 3, desiredInstances: 3 } });
    world.scaling.set('dogs-2', { min: 1, max: 2 });
    const calls: string[] = [];
    world.before = (call) => void calls.push(call);
    expect(await promote(world)).toBe('ok');
    expect(calls.indexOf('scale dogs-2 3-3')).toBeLessThan(calls.indexOf('alias live -> 2'));
    expect(world.scaling.get('dogs-2')).toEqual({ min: 1, max: 2 });
  });

  test('wrong answers give live back, and nobody calls that a success', async () => {
    const world = second();
    world.addVersion('0', 'dogs-0');
    world.setAlias('previous', '0', 'an older one');
    world.scaling.set('dogs-2', { min: 1, max: 2 });
    world.answer = (version) => (version === '2' ? wrong : right);
    expect(await promote(world)).toMatch(/^Rolled back: dogs-2 is not live: Live did not answer right: "a dog": .*not at 1/);
    expect(names(world)).toEqual({ candidate: '2', live: '1', previous: '0' });
    expect(world.aliases.get('live')?.description).toBe('live: run 1 since 2026-11-21T12:00:00.000Z');
    expect(outcome(world)).toMatchObject({ kind: 'rolled-back', to: 'dogs-1' });
    expect(world.outputs.get('outcome')).toBe('rolled-back');
    expect(world.statuses).toEqual(['2 in_progress', '2 failure']);
    expect(expiry(world, 'dogs-2')).toBeUndefined();
  });

  test('a first release with wrong answers leaves nothing live', async () => {
    const world = createWorld();
    world.addEndpoint('dogs-1');
    world.addVersion('1', 'dogs-1');
    world.setAlias('candidate', '1');
    world.answer = () => wrong;
    expect(await promote(world)).toMatch(/^Rolled back/);
    expect(names(world)).toEqual({ candidate: '1' });
  });

  test('of two at once one wins and the other is refused, and nothing is torn', async () => {
    const world = second();
    const results = await Promise.all([promote(world), promote(world)]);
    expect(results.toSorted()).toEqual([
      expect.stringMatching(/^Refused: .*another run moved alias live at the same time/),
      'ok',
    ]);
    expect(names(world)).toEqual({ candidate: '2', live: '2', previous: '1' });
  });

  test('live that somebody else moved while it was verified is not moved back', async () => {
    const world = second();
    world.addVersion('3', 'dogs-3');
    world.answer = () => {
      world.setAlias('live', '3', 'by hand');
      return wrong;
    };
    expect(await promote(world)).toMatch(/^Not verified and not rolled back.*somebody else changed it/);
    expect(names(world)).toMatchObject({ live: '3' });
    expect(outcome(world)).toMatchObject({ kind: 'stuck' });
  });

  test.each(['scale', 'alias previous', 'alias live'])('a refusal of AWS at %s leaves live alone', async (call) => {
    const world = second();
    world.addEndpoint('dogs-1', { variant: { name: 'all', instances: 2, desiredInstances: 2 } });
    world.scaling.set('dogs-2', { min: 1, max: 2 });
    world.before = (made) => {
      if (!made.startsWith(call)) return;
      world.before = () => undefined;
      throw new ActionError({ kind: 'permission', message: 'You may not.', fix: 'Ask.' });
    };
    expect(await promote(world)).toMatch(/^Refused: dogs-2 was not promoted: You may not\. Ask\./);
    expect(names(world)).toEqual({ candidate: '2', live: '1' });
    expect(world.scaling.get('dogs-2')).toEqual({ min: 1, max: 2 });
  });

  test('what cannot be tidied up after a verified move is a warning', async () => {
    const world = second();
    world.before = (made) => {
      if (made.startsWith('tag')) throw new ActionError({ kind: 'permission', message: 'No tags.', fix: 'Ask.' });
    };
    expect(await promote(world)).toBe('ok');
    expect(world.lines.filter((line) => line.startsWith('warning:'))).toHaveLength(2);
  });

  test.each(['alias previous', 'alias live', 'invoke'])('a cancel at %s leaves live what it was', async (call) => {
    const world = second();
    world.before = (made) => {
      if (made.startsWith(call)) world.abort.abort();
    };
    if (call === 'invoke') {
      world.answer = () => {
        world.abort.abort();
        return right;
      };
    }
    expect(await promote(world)).toMatch(/cancelled/);
    expect(names(world)).toEqual({ candidate: '2', live: '1' });
    expect(outcome(world)?.kind).toBe(call === 'alias previous' ? 'refused' : 'rolled-back');
  });

  test.each<[string, (world: World) => void, RegExp, string[]]>([
    [
      'aliases that cannot be read',
      (world) => Object.assign(world.deps.functions, { alias: () => Promise.reject(denied) }),
      /^You may not look\.$/,
      [],
    ],
    [
      'smoke cases that cannot be read',
      (world) => Object.assign(world.deps.spec, { smoke: [{ ...world.deps.spec.smoke[0], event: { file: 'lost.json' } }] }),
      /lost\.json/,
      ['2 in_progress', '2 failure'],
    ],
    ['a spec that serves nothing', (world) => Object.assign(world.deps.spec, { serve: undefined }), /no serve section/, []],
    [
      'a bug',
      (world) => Object.assign(world.deps.functions, { version: () => Promise.reject(new TypeError('x is undefined')) }),
      /^x is undefined$/,
      [],
    ],
  ])('what fails before anything is changed is recorded as refused: %s', async (_name, spoil, reason, statuses) => {
    const world = second((spec) => ({ ...spec }));
    spoil(world);
    expect(await promote(world)).not.toBe('ok');
    expect(world.records).toHaveLength(1);
    expect(outcome(world)).toEqual({ kind: 'refused', reason: expect.stringMatching(reason) });
    expect(world.outputs.get('outcome')).toBe('refused');
    expect(world.statuses).toEqual(statuses);
    expect(findState(world.deps.step)).toBeUndefined();
    expect(findBegun(world.deps.step)).toBeUndefined();
  });

  test('a record that cannot be written hides nothing of why', async () => {
    const world = second();
    Object.assign(world.deps.functions, { alias: () => Promise.reject(denied) });
    Object.assign(world.deps.records, { write: () => Promise.reject(new Error('no bucket')) });
    expect(await promote(world)).toBe('You may not look.');
    expect(world.lines.at(-1)).toBe('warning: That nothing was promoted could not be recorded: no bucket');
  });

  test('how it ended is recorded although what is live cannot be read any more', async () => {
    const world = second();
    world.before = (made) => {
      if (made.startsWith('tag')) Object.assign(world.deps.functions, { alias: () => Promise.reject(denied) });
    };
    expect(await promote(world)).toBe('You may not look.');
    expect(outcome(world)?.kind).toBe('promoted');
    expect(names(world)).toMatchObject({ live: '2' });
  });

  test('a candidate that expired is refused by name, and nothing else happens', async () => {
    const world = second();
    world.tags.set('arn:endpoint/dogs-2', { 'trainyard:expires-at': '2026-11-22T11:00:00Z' });
    expect(await promote(world)).toMatch(
      /the candidate \(dogs-2\) expired at 2026-11-22T11:00:00.000Z\. Run deploy-endpoint again/,
    );
    expect(world.outputs.get('outcome')).toBe('refused');
    expect(world.statuses).toEqual(['2 in_progress', '2 failure']);
  });

  test('live that is the candidate already is unchanged and a success', async () => {
    const world = second();
    world.setAlias('candidate', '1');
    expect(await promote(world)).toBe('ok');
    expect(world.outputs.get('outcome')).toBe('unchanged');
    expect(world.statuses).toEqual(['2 in_progress', '2 success', '1 inactive']);
  });

  test('a rollback goes back, and the next one returns again', async () => {
    const world = second();
    await promote(world);
    expect(await promote(world, { rollback: true })).toBe('ok');
    expect(names(world)).toMatchObject({ live: '1', previous: '2' });
    expect(outcome(world)).toEqual({ kind: 'returned', to: 'dogs-1', from: 'dogs-2' });
    expect([expiry(world, 'dogs-1'), expiry(world, 'dogs-2')]).toEqual(['never', '2026-11-22T13:00:00Z']);
  });

  test("a rollback stays although today's cases do not fit, and says so", async () => {
    const world = second();
    await promote(world);
    world.answer = () => wrong;
    expect(await promote(world, { rollback: true })).toBe('ok');
    expect(names(world)).toMatchObject({ live: '1' });
    expect(world.lines.join('\n')).toMatch(/warning: Live did not answer right.*because going back was asked for/);
  });
});

const mark = (state: 'promoting' | 'live') => writeMark({ state, runId: '7', at: new Date('2026-11-22T12:00:00Z') });

describe('post, when main was killed', () => {
  const killed = {
    strategy: 'alias',
    to: '2',
    from: '1',
    fromDescription: 'before',
    githubEnvironment: 'production',
    commit: 'c',
  } as const;

  test('gives back what was not verified', async () => {
    const world = second();
    world.setAlias('live', '2', mark('promoting'));
    world.setAlias('previous', '1');
    await endPromotion(killed, world.deps);
    expect(names(world)).toEqual({ candidate: '2', live: '1' });
    expect(outcome(world)).toMatchObject({ kind: 'rolled-back', to: 'dogs-1' });
    expect(world.statuses.at(-1)).toBe('2 failure');
  });

  test('keeps what was verified and ends what was begun', async () => {
    const world = second();
    world.setAlias('live', '2', mark('live'));
    world.setAlias('previous', '1');
    await endPromotion(killed, world.deps);
    expect(names(world)).toMatchObject({ live: '2', previous: '1' });
    expect([expiry(world, 'dogs-2'), expiry(world, 'dogs-1')]).toEqual(['never', '2026-11-22T13:00:00Z']);
    expect(outcome(world)?.kind).toBe('promoted');
  });

  test('says of one that was killed while it still looked that nothing was promoted', async () => {
    const world = second();
    const begun = { commit: 'c', githubEnvironment: 'production', release: 'dogs-2' };
    saveBegun(world.deps.step, begun);
    expect(findBegun(world.deps.step)).toEqual(begun);
    await endUnmoved(begun, world.deps);
    expect(outcome(world)).toEqual({ kind: 'refused', reason: 'The workflow was cancelled.' });
    expect(names(world)).toEqual({ candidate: '2', live: '1' });
    expect(world.statuses.at(-1)).toBe('2 failure');
    expect(findBegun(world.deps.step)).toBeUndefined();
  });

  test('puts in order what was never moved', async () => {
    const world = second();
    world.setAlias('previous', '1');
    world.scaling.set('dogs-2', { min: 3, max: 3 });
    await endPromotion({ ...killed, range: { min: 1, max: 2 } }, world.deps);
    expect(names(world)).toEqual({ candidate: '2', live: '1' });
    expect(world.scaling.get('dogs-2')).toEqual({ min: 1, max: 2 });
    expect(outcome(world)?.kind).toBe('refused');
  });
});

const inPlace = (spec: Spec): Spec => ({ ...spec, ...(spec.serve ? { serve: { ...spec.serve, strategy: 'in-place' } } : {}) });

/** The stable endpoint serves dogs-1; dogs-2 is the candidate. */
function stable(change: (spec: Spec) => Spec = inPlace): World {
  const world = second(change);
  world.addEndpoint('dogs-live', { configName: 'dogs-1' });
  world.addVersion('1', 'dogs-live');
  return world;
}

describe('in place', () => {
  test('the endpoint is updated, verified, and its old configuration kept; the candidate goes', async () => {
    const world = stable();
    expect(await promote(world)).toBe('ok');
    expect(world.endpoints.get('dogs-live')?.configName).toBe('dogs-2');
    expect(world.endpoints.has('dogs-2')).toBe(false);
    expect(outcome(world)).toMatchObject({ kind: 'promoted', from: 'dogs-1' });
    expect(world.tags.get('arn:config/dogs-1')?.['trainyard:expires-at']).toBe('2026-11-22T13:00:00Z');
    expect(world.tags.get('arn:config/dogs-2')?.['trainyard:expires-at']).toBe('never');
    expect(world.tags.get('arn:endpoint/dogs-live')?.['trainyard:previous-config']).toBe('dogs-1');
    expect(names(world)).toEqual({ candidate: '3', live: '3', previous: '1' });
  });

  test('an update that AWS takes back is a failure although the endpoint is InService', async () => {
    const world = stable();
    world.tags.set('arn:endpoint/dogs-live', { 'trainyard:previous-config': 'dogs-0' });
    world.update = (endpoint) => ({ ...endpoint, failureReason: 'Alarm errors fired' });
    expect(await promote(world)).toMatch(
      /^Rolled back: dogs-2 is not live: AWS took the update to dogs-2 back: Alarm errors fired/,
    );
    expect(world.endpoints.get('dogs-live')).toMatchObject({ status: 'InService', configName: 'dogs-1' });
    expect(names(world)).toEqual({ candidate: '2', live: '1' });
    expect(world.statuses.at(-1)).toBe('2 failure');
    expect(world.tags.get('arn:config/dogs-1')?.['trainyard:expires-at']).toBeUndefined();
    expect(world.tags.get('arn:endpoint/dogs-live')?.['trainyard:previous-config']).toBe('dogs-0');
  });

  test('wrong answers take the endpoint back to the configuration from before', async () => {
    const world = stable();
    world.answer = () => wrong;
    expect(await promote(world)).toMatch(/^Rolled back/);
    expect(world.endpoints.get('dogs-live')?.configName).toBe('dogs-1');
    expect(names(world)).toEqual({ candidate: '2', live: '1' });
  });

  test('of two at once one wins', async () => {
    const world = stable();
    const results = await Promise.all([promote(world), promote(world)]);
    expect(results.toSorted()).toEqual([expect.stringMatching(/^Refused: .*another run is promoting/), 'ok']);
  });

  test('a rollback goes to the configuration that was written down', async () => {
    const world = stable();
    await promote(world);
    expect(await promote(world, { rollback: true })).toBe('ok');
    expect(world.endpoints.get('dogs-live')?.configName).toBe('dogs-1');
    expect(outcome(world)).toEqual({ kind: 'returned', to: 'dogs-1', from: 'dogs-2' });
  });

  test('a first release makes the endpoint, and takes it away again when it answers wrong', async () => {
    const world = createWorld(inPlace);
    world.addEndpoint('dogs-1');
    world.addVersion('1', 'dogs-1');
    world.setAlias('candidate', '1');
    world.answer = () => wrong;
    expect(await promote(world)).toMatch(/^Rolled back/);
    expect(world.endpoints.has('dogs-live')).toBe(false);
    world.answer = () => right;
    expect(await promote(world)).toBe('ok');
    expect(world.endpoints.get('dogs-live')?.configName).toBe('dogs-1');
  });
});
