import { expect, test } from '@jest/globals';
import { type Cancel, startReleaseCancels } from '../support/release-cancels.ts';

/** What makes something, and what moves callers: where an answer that is lost, late or stale hurts most. */
const worst: readonly Cancel[] = [
  { action: 'deploy-endpoint', operation: 'CreateModel', nth: 1, edge: 'after' },
  { action: 'deploy-endpoint', operation: 'CreateEndpoint', nth: 1, edge: 'before' },
  { action: 'deploy-endpoint', operation: 'CreateEndpoint', nth: 1, edge: 'after' },
  { action: 'deploy-endpoint', operation: 'PublishVersion', nth: 1, edge: 'after' },
  { action: 'configure-scaling', operation: 'RegisterScalableTarget', nth: 1, edge: 'after' },
  { action: 'configure-scaling', operation: 'PutProvisionedConcurrencyConfig', nth: 1, edge: 'after' },
  { action: 'promote-endpoint', operation: 'UpdateAlias', nth: 1, edge: 'after' },
  { action: 'promote-endpoint', operation: 'UpdateAlias', nth: 2, edge: 'after' },
];

test('a release cancelled at its worst calls leaves as little when reads lag, roles come late and calls are throttled', async () => {
  const cancels = await startReleaseCancels('aws-like');
  try {
    expect(await cancels.findLeaks(worst)).toEqual([]);
  } finally {
    expect(await cancels.close()).toEqual([]);
  }
}, 600_000);
