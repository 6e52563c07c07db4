import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { echoCode, startServing, type Serving } from './local-serving.ts';

let serving: Serving;
beforeEach(async () => {
  serving = await startServing({ invocationSeconds: 1 });
});
afterEach(async () => {
  await serving.close();
});

const sumOf = (name: string, variant = 'all') =>
  serving.cloud.metrics
    .points('AWS/SageMaker', { EndpointName: 'one', VariantName: variant }, name)
    .reduce((sum, point) => sum + point.sum, 0);

describe('a call', () => {
  test('takes and gives bytes, types and the variant', async () => {
    const code = `
def model_fn(folder):
    return None
def input_fn(body, content_type):
    return (body, content_type)
def predict_fn(data, model):
    return data
def output_fn(data, accept):
    body, content_type = data
    return bytes(reversed(body)), content_type + ";" + accept
`;
    await serving.prepare('one', { 'code/inference.py': code });
    await serving.create('one');
    const sent = Buffer.from([0, 255, 13, 10, 200]);
    const { InvokeEndpoint: invoke } = serving.runtime;
    const answer = await invoke({ EndpointName: 'one', Body: sent, ContentType: 'image/x', Accept: 'image/y' });
    expect([...answer.Body]).toEqual([200, 10, 13, 255, 0]);
    expect(answer).toMatchObject({ ContentType: 'image/x;image/y', InvokedProductionVariant: 'all' });
    await expect(invoke({ EndpointName: 'One', Body: sent })).rejects.toThrow('Endpoint One of account 000000000000 not found.');
    await expect(invoke({ EndpointName: 'one', Body: new Uint8Array(6_291_457) })).rejects.toMatchObject({
      code: 'ValidationError',
    });
  });

  test('without handlers of its own: JSON and CSV in, JSON out, anything else is 415', async () => {
    const code =
      'class Model:\n    def predict(self, rows):\n        return [sum(row) for row in rows]\ndef model_fn(folder):\n    return Model()\n';
    await serving.prepare('one', { 'code/inference.py': code });
    await serving.create('one');
    const call = async (body: string, type: string) => {
      const answer = await serving.runtime.InvokeEndpoint({ EndpointName: 'one', Body: Buffer.from(body), ContentType: type });
      return JSON.parse(Buffer.from(answer.Body).toString()) as unknown;
    };
    expect(await call('[[1, 2], [3, 4]]', 'application/json')).toEqual([3, 7]);
    expect(await call('1,2\n3,4\n', 'text/csv; charset=utf-8')).toEqual([3, 7]);
    await expect(call('x', 'image/png')).rejects.toMatchObject({ members: { OriginalStatusCode: 415 } });
  });

  test('that the model refuses with a status of its own keeps it, as the framework images do', async () => {
    const code = `
class Refusal(Exception):
    status_code, message = 400, "not an image"
def model_fn(folder):
    return None
def predict_fn(data, model):
    raise Refusal(400, "not an image", "Bad Request")
`;
    await serving.prepare('one', { 'code/inference.py': code });
    await serving.create('one');
    await expect(serving.invoke('one', {})).rejects.toMatchObject({
      code: 'ModelError',
      members: { OriginalStatusCode: 400, OriginalMessage: 'not an image' },
    });
  });

  test('that the model refuses is a ModelError with what the model said, and its traceback is in the log', async () => {
    await serving.echo('one', 'first');
    await serving.create('one');
    await expect(serving.invoke('one', { raise: 'not a digit' })).rejects.toMatchObject({
      code: 'ModelError',
      message: expect.stringMatching(
        /^Received server error \(500\) from primary with message "ValueError: not a digit"\. See https:\/\/us-east-1\.console/,
      ),
      members: { OriginalStatusCode: 500, OriginalMessage: 'ValueError: not a digit' },
    });
    expect(serving.linesOf('one')).toContain('ValueError: not a digit');
    expect([sumOf('Invocations'), sumOf('Invocation5XXErrors'), sumOf('Invocation4XXErrors')]).toEqual([1, 1, 0]);
  });

  test("that takes too long ends with AWS's words", async () => {
    await serving.echo('one', 'first');
    await serving.create('one');
    await expect(serving.invoke('one', { sleep: 3 })).rejects.toMatchObject({
      code: 'ModelError',
      message: expect.stringContaining('Your invocation timed out while waiting for a response from container primary.'),
    });
  });

  test('that kills the container is an error of its own, and the container comes again', async () => {
    await serving.echo('one', 'first');
    await serving.create('one');
    const before = await serving.invoke('one');
    await expect(serving.invoke('one', { exit: true })).rejects.toMatchObject({
      code: 'ModelError',
      message: expect.stringContaining('the model process exited'),
    });
    for (const count of [0, 1])
      await serving.until('one', ({ ProductionVariants: [variant] = [] }) => variant?.CurrentInstanceCount === count);
    const after = await serving.invoke('one');
    expect(after.json.pid).not.toBe(before.json.pid);
    expect(serving.linesOf('one')).toContain('[local cloud] the container ended with exit code 9');
  });
});

const variant = (VariantName: string, InitialVariantWeight: number) => ({
  VariantName,
  ModelName: VariantName,
  InstanceType: 'ml.m5.large' as const,
  InitialInstanceCount: 1,
  InitialVariantWeight,
});

describe('routing', () => {
  test('instances take turns', async () => {
    await serving.echo('one', 'first', { count: 3 });
    await serving.create('one');
    const pids: number[] = [];
    for (let n = 0; n < 9; n++) pids.push((await serving.invoke('one')).json.pid);
    const counts = Map.groupBy(pids, (pid) => pid);
    expect([...counts.values()].map((calls) => calls.length)).toEqual([3, 3, 3]);
    expect(sumOf('Invocations')).toBe(9);
    expect(sumOf('InvocationsPerInstance')).toBeCloseTo(3);
    expect(sumOf('ModelLatency')).toBeGreaterThan(9 * 100);
  });

  test('variants by weight, or by name', async () => {
    for (const word of ['a', 'b']) await serving.prepare(word, { 'word.txt': word, 'code/inference.py': echoCode });
    serving.handlers.CreateEndpointConfig({ EndpointConfigName: 'ab', ProductionVariants: [variant('a', 3), variant('b', 1)] });
    await serving.create('one', 'ab');
    const draw = async () => {
      const words: string[] = [];
      for (let n = 0; n < 8; n++) words.push((await serving.invoke('one')).json.word);
      return words.join('');
    };
    expect(await draw()).toBe('aabaaaba');
    expect((await serving.invoke('one', {}, { TargetVariant: 'b' })).InvokedProductionVariant).toBe('b');
    await expect(serving.invoke('one', {}, { TargetVariant: 'c' })).rejects.toMatchObject({ code: 'ValidationError' });
    serving.handlers.UpdateEndpointWeightsAndCapacities({
      EndpointName: 'one',
      DesiredWeightsAndCapacities: [{ VariantName: 'a', DesiredWeight: 0 }],
    });
    await serving.settled('one');
    expect(await draw()).toBe('bbbbbbbb');
  });
});
