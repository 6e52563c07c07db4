import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { AwsError } from '../../../../src/cloud/contract.ts';
import { isAlive } from '../../../support/processes.ts';
import { startServing, type Serving } from './local-serving.ts';

let serving: Serving;
beforeEach(async () => {
  serving = await startServing();
});
afterEach(async () => {
  await serving.close();
});

describe('an endpoint', () => {
  test('answers from its model', async () => {
    await serving.echo('one', 'first');
    const made = await serving.create('one');
    expect(made.FailureReason).toBeUndefined();
    expect(made.EndpointStatus).toBe('InService');
    expect((await serving.invoke('one')).json.word).toBe('first');
    expect(serving.linesOf('one').join('\n')).toContain('the image image is not run');
  });
});
