import { beforeEach, describe, expect, test } from '@jest/globals';
import { removeCandidate } from '../../../src/actions/deploy-endpoint/remove.ts';
import type { SavedState } from '../../../src/actions/deploy-endpoint/state.ts';
import { createWorld, type World } from '../promote-endpoint/world.ts';

const state: SavedState = {
  region: 'us-east-1',
  specName: 'dogs',
  release: 'dogs-2',
  functionName: 'dogs-invoke',
  mark: 'run 1',
  creates: { endpoint: true, config: true, model: true },
  tags: { 'trainyard:repo': 'octo/models', 'trainyard:expires-at': '2026-11-22T14:00:00Z' },
};
const lines = (world: World) => world.lines.join('\n');
let world: World;

/** Version 2 was published by run 1 and calls dogs-2, which alias candidate names. */
beforeEach(() => {
  world = createWorld();
  world.addEndpoint('dogs-2');
  world.addVersion('2', 'dogs-2');
  world.setAlias('candidate', '2', 'release dogs-2 of commit c (run 1)');
});

describe('removeCandidate', () => {
  test('removes alias, version, endpoint, configuration and model', async () => {
    await removeCandidate(state, world.deps);
    expect(world.lines).toEqual([
      'Alias candidate: removed.',
      'Version 2 of dogs-invoke: removed.',
      'Endpoint dogs-2: removed.',
      'Configuration dogs-2: removed.',
      'Model dogs-2: removed.',
    ]);
    expect(world.endpoints.size).toBe(0);
  });

  test.each(['live', 'previous'])('leaves everything that alias %s names', async (alias) => {
    world.setAlias(alias, '2');
    await removeCandidate(state, world.deps);
    expect(world.endpoints.has('dogs-2')).toBe(true);
    expect(world.aliases.has('candidate')).toBe(true);
  });

  test('leaves what was there before this step', async () => {
    await removeCandidate({ ...state, creates: { endpoint: false, config: false, model: false } }, world.deps);
    expect(world.endpoints.has('dogs-2')).toBe(true);
    expect(lines(world)).not.toMatch(/Endpoint|Model/);
  });

  test("leaves another run's version and alias", async () => {
    await removeCandidate({ ...state, mark: 'run 11' }, world.deps);
    expect(world.aliases.has('candidate')).toBe(true);
    expect(lines(world)).not.toMatch(/Version/);
  });

  test('an endpoint that AWS lets nobody delete is marked as expired, and keeps what it needs', async () => {
    world.addEndpoint('dogs-2', { status: 'Creating' });
    const deps = { ...world.deps, endpoints: { ...world.deps.endpoints, delete: async () => 'busy' as const } };
    await removeCandidate(state, deps);
    expect(lines(world)).toMatch(/warning: The endpoint dogs-2 is still Creating/);
    expect(lines(world)).not.toMatch(/Configuration|Model/);
    expect(world.tags.get('arn:endpoint/dogs-2')).toEqual({
      'trainyard:repo': 'octo/models',
      'trainyard:expires-at': '2026-11-22T12:01:00Z',
    });
  });

  test('an endpoint whose creation was on its way when main was killed is waited for', async () => {
    let asked = 0;
    const late = async () => {
      asked += 1;
      return asked < 4 ? ('missing' as const) : ('deleted' as const);
    };
    await removeCandidate(state, { ...world.deps, endpoints: { ...world.deps.endpoints, delete: late } });
    expect(lines(world)).toMatch(/Endpoint dogs-2: removed/);
  });

  test('one thing that cannot be removed keeps nobody from removing the others', async () => {
    world.before = (call) => {
      if (call === 'delete alias candidate') throw new Error('denied');
    };
    await removeCandidate(state, world.deps);
    expect(lines(world)).toMatch(/warning: Could not remove the version of the function: denied/);
    expect(world.endpoints.has('dogs-2')).toBe(false);
  });
});
