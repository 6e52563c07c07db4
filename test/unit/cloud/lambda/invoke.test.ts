import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { role } from '../sagemaker/local-training.ts';
import { type Functions, handlerOf, meeting, refusalOf, startFunctions, zip } from './local-functions.ts';

let functions: Functions;
beforeEach(async () => {
  functions = await startFunctions();
});
afterEach(() => functions.close());

describe('a call of a Node.js function', () => {
  test('runs the handler, and tells what it printed and took', async () => {
    await functions.create(
      handlerOf(`console.log('seen', event.n); process.stdout.write('no line end'); return { twice: event.n * 2 };`),
    );
    const cold = await functions.invoke({ n: 4 });
    expect(cold).toMatchObject({ error: undefined, version: '$LATEST', value: { twice: 8 } });
    expect(cold.log.split('\n')).toEqual([
      'START RequestId: 00000000-0000-0000-0000-000000000001 Version: $LATEST',
      expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z\t00000000-0000-0000-0000-000000000001\tINFO\tseen 4$/),
      'no line end',
      'END RequestId: 00000000-0000-0000-0000-000000000001',
      expect.stringMatching(
        /^REPORT RequestId: \S+\tDuration: [\d.]+ ms\tBilled Duration: \d+ ms\tMemory Size: 128 MB\tMax Memory Used: \d+ MB\tInit Duration: [\d.]+ ms$/,
      ),
      '',
    ]);
    const warm = await functions.invoke({ n: 5 });
    expect(warm.log).not.toContain('Init Duration');
    expect(functions.streams()).toEqual([expect.stringMatching(/^\d{4}\/\d\d\/\d\d\/\[\$LATEST\][0-9a-f]{32}$/)]);
    expect(functions.lines()[0]).toMatch(/^INIT_START Runtime Version: nodejs:\d+/);
  });

  test('sees what AWS sets, its own variables, and nothing of this machine', async () => {
    process.env['SECRET_OF_THIS_MACHINE'] = 'x';
    await functions.create(handlerOf('return [process.env, context, context.getRemainingTimeInMillis()];'), {
      Environment: { Variables: { TRAINYARD_ENDPOINT: 'digits-1' } },
      Timeout: 7,
      MemorySize: 256,
    });
    const { value } = await functions.invoke<[Record<string, string>, Record<string, unknown>, number]>();
    delete process.env['SECRET_OF_THIS_MACHINE'];
    const [env, context, remaining] = value;
    expect(env).toMatchObject({
      TRAINYARD_ENDPOINT: 'digits-1',
      AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
      AWS_SESSION_TOKEN: `${role} f`,
      AWS_REGION: 'us-east-1',
      AWS_LAMBDA_FUNCTION_NAME: 'f',
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '256',
      AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
      _HANDLER: 'index.handler',
    });
    expect(env).not.toHaveProperty('SECRET_OF_THIS_MACHINE');
    expect(env['HOME']).toContain(functions.cloud.folder);
    expect(context).toMatchObject({ functionName: 'f', awsRequestId: '00000000-0000-0000-0000-000000000001' });
    expect(remaining).toBeGreaterThan(5000);
    expect(remaining).toBeLessThanOrEqual(7000);
  });

  test.each<[string, string, unknown, RegExp]>([
    [
      'throws',
      `throw new TypeError('bad');`,
      { errorType: 'TypeError', errorMessage: 'bad', trace: expect.arrayContaining(['TypeError: bad']) },
      /ERROR\tInvoke Error TypeError: bad/,
    ],
    ['throws what is no error', `throw 'bad';`, { errorType: 'string', errorMessage: 'bad', trace: [] }, /Invoke Error bad/],
    [
      'throws later',
      `setTimeout(() => { throw new Error('late') }, 5); await new Promise(() => {});`,
      { errorType: 'Error', errorMessage: 'late', trace: expect.anything() },
      /Uncaught Exception/,
    ],
    [
      'leaves a promise alone',
      `void Promise.reject(new Error('alone')); await new Promise((done) => setTimeout(done, 1000));`,
      { errorType: 'Error', errorMessage: 'alone', trace: expect.anything() },
      /Unhandled Promise Rejection/,
    ],
    [
      'exits',
      `process.exit(3);`,
      {
        errorType: 'Runtime.ExitError',
        errorMessage: expect.stringMatching(/^RequestId: \S+ Error: Runtime exited with error: exit status 3$/),
      },
      /Status: error/,
    ],
    [
      'exits quietly',
      `process.exit(0);`,
      { errorType: 'Runtime.ExitError', errorMessage: expect.stringContaining('without providing a reason') },
      /Status: error/,
    ],
    [
      'is killed',
      `process.kill(process.pid, 'SIGKILL'); await new Promise(() => {});`,
      { errorType: 'Runtime.ExitError', errorMessage: expect.stringContaining('signal: killed') },
      /Status: error/,
    ],
    [
      'answers too much',
      `return 'x'.repeat(6_300_000);`,
      { errorType: 'Function.ResponseSizeTooLarge', errorMessage: expect.stringContaining('6300002 bytes') },
      /REPORT/,
    ],
  ])('that %s is an error of the function, and the next call is served', async (_what, body, value, log) => {
    await functions.create(handlerOf(`if (event.ok) return 'fine'; ${body}`));
    const failed = await functions.invoke();
    expect(failed).toMatchObject({ error: 'Unhandled', value });
    expect(failed.log).toMatch(log);
    expect(await functions.invoke({ ok: true })).toMatchObject({ error: undefined, value: 'fine' });
  });

  test('that takes too long is ended with its worker', async () => {
    await functions.create(
      handlerOf(
        `if (event.ok) return globalThis.kept; globalThis.kept = 1; for (;;) await new Promise((done) => setTimeout(done, 10));`,
      ),
      { Timeout: 1 },
    );
    const failed = await functions.invoke();
    expect(failed).toMatchObject({
      error: 'Unhandled',
      value: {
        errorType: 'Sandbox.Timedout',
        errorMessage: expect.stringMatching(/^RequestId: \S+ Error: Task timed out after 1.00 seconds$/),
      },
    });
    expect(failed.log).toMatch(/Task timed out after 1.00 seconds\n[^]*Status: timeout/);
    // Another process: nothing of the first is left.
    expect(await functions.invoke({ ok: true })).toMatchObject({ error: undefined, value: null });
    for (let waited = 0; (await functions.workers()).length > 1 && waited < 10_000; waited += 20)
      await functions.cloud.clock.sleep(20);
    expect(await functions.workers()).toHaveLength(1);
  });

  test.each([
    ['cannot be loaded', { 'index.mjs': `console.log('loading'); throw new Error('no model');` }, 'Error', 'no model'],
    ['is not there', { 'other.mjs': '' }, 'Runtime.ImportModuleError', "Error: Cannot find module 'index'"],
    [
      'has no handler',
      { 'index.mjs': 'export const other = 1;' },
      'Runtime.HandlerNotFound',
      'index.handler is undefined or not exported',
    ],
    [
      'wants a callback',
      { 'index.mjs': 'export const handler = (event, context, callback) => callback();' },
      'Runtime.CallbackHandlerDeprecated',
      expect.stringContaining('callback'),
    ],
    ['exits while it loads', { 'index.mjs': 'process.exit(4);' }, 'Runtime.ExitError', expect.stringContaining('exit status 4')],
  ])('whose module %s fails with the reason', async (_what, files, errorType, errorMessage) => {
    await functions.create(zip(files));
    const failed = await functions.invoke();
    expect(failed).toMatchObject({ error: 'Unhandled', value: { errorType, errorMessage } });
    expect(failed.log).toContain('INIT_START');
    expect(failed.log).toMatch(/REPORT .*Status: error/);
  });

  test('hands back the last 4 KB of its own log', async () => {
    await functions.create(handlerOf(`for (let n = 0; n < 1000; n++) console.log('line', n);`));
    const { log } = await functions.invoke();
    expect(Buffer.byteLength(log)).toBeLessThanOrEqual(4096);
    expect(log).toMatch(/line 999\nEND [^]*REPORT .*\n$/);
    expect(functions.lines().filter((line) => line.includes('\tline '))).toHaveLength(1000);
  });

  test('gets an answer of its own however many run at once', async () => {
    await functions.create(meeting, { Timeout: 30 });
    const answers = await functions.meet(4);
    expect(answers.map(({ value }) => value.n)).toEqual([0, 1, 2, 3]);
    expect(new Set(answers.map(({ value }) => value.pid)).size).toBe(4);
    answers.forEach(({ log }, n) => expect(log).toMatch(new RegExp(`mine ${n}\n`)));
  });
});

test('a Python function runs, fails and cannot be loaded in the same way', async () => {
  const source = [
    'import os',
    'def handler(event, context):',
    "    print('seen', event)",
    "    if event.get('fail'): raise ValueError('bad')",
    "    return {'region': os.environ['AWS_REGION'], 'name': context.function_name, 'left': context.get_remaining_time_in_millis() > 0}",
  ].join('\n');
  await functions.create(zip({ 'app.py': source }), { Runtime: 'python3.12', Handler: 'app.handler' });
  const answer = await functions.invoke({ a: 1 });
  expect(answer).toMatchObject({ error: undefined, value: { region: 'us-east-1', name: 'f', left: true } });
  expect(answer.log).toContain("\nseen {'a': 1}\n");
  expect(await functions.invoke({ fail: true })).toMatchObject({
    error: 'Unhandled',
    value: { errorType: 'ValueError', errorMessage: 'bad' },
  });
  await functions.create(zip({ 'app.py': 'import nothing_of_this_name' }), {
    FunctionName: 'g',
    Runtime: 'python3.12',
    Handler: 'app.handler',
  });
  expect(await functions.invoke({}, { FunctionName: 'g' })).toMatchObject({
    error: 'Unhandled',
    value: { errorType: 'Runtime.ImportModuleError', errorMessage: expect.stringContaining('nothing_of_this_name') },
  });
});

describe('a call is refused', () => {
  test.each<[string, object, string, string | RegExp]>([
    [
      'without a function',
      { FunctionName: 'g' },
      'ResourceNotFoundException',
      'Function not found: arn:aws:lambda:us-east-1:000000000000:function:g',
    ],
    [
      'without the version',
      { Qualifier: '7' },
      'ResourceNotFoundException',
      'Function not found: arn:aws:lambda:us-east-1:000000000000:function:f:7',
    ],
    [
      'without the alias',
      { FunctionName: 'f:live' },
      'ResourceNotFoundException',
      'Function not found: arn:aws:lambda:us-east-1:000000000000:function:f:live',
    ],
    [
      'with two qualifiers',
      { FunctionName: 'f:1', Qualifier: '2' },
      'InvalidParameterValueException',
      /does not match the specified qualifier/,
    ],
    [
      'with what is no JSON',
      { Payload: Buffer.from('{') },
      'InvalidRequestContentException',
      /^Could not parse request body into json/,
    ],
    [
      'with more than 6 MB',
      { Payload: Buffer.alloc(6_291_457, ' ') },
      'RequestTooLargeException',
      '6291457 byte payload is too large for the RequestResponse invocation type (limit 6291456 bytes)',
    ],
    ['when it is not to be waited for', { InvocationType: 'Event' }, 'InvalidParameterValueException', /synchronous/],
  ])('%s', async (_what, input, code, message) => {
    await functions.create(handlerOf('return 1;'));
    const refusal = await refusalOf(() => functions.invoke({}, input));
    expect(refusal).toMatchObject({ code, message: typeof message === 'string' ? message : expect.stringMatching(message) });
  });
});

test('closing ends every worker and every call', async () => {
  await functions.create(handlerOf('await new Promise(() => {});'), { Timeout: 60 });
  const calls = [functions.invoke(), functions.invoke()];
  for (let waited = 0; (await functions.workers()).length < 2 && waited < 10_000; waited += 20)
    await functions.cloud.clock.sleep(20);
  await functions.end();
  expect(await functions.workers()).toEqual([]);
  for (const { error } of await Promise.all(calls)) expect(error).toBe('Unhandled');
});
