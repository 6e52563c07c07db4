import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { arn, type Functions, handlerOf, refusalOf, startFunctions } from './local-functions.ts';

let functions: Functions;
beforeEach(async () => {
  functions = await startFunctions();
  await functions.create(answering(1));
});
afterEach(() => functions.close());

const answering = (n: number) => handlerOf(`return [${n}, process.env.A ?? null];`);
const publish = (more: object = {}) => functions.handlers.PublishVersion({ FunctionName: 'f', ...more });
const release = async (n: number): Promise<string> => {
  await functions.handlers.UpdateFunctionCode({ FunctionName: 'f', ZipFile: answering(n) });
  return publish().Version ?? '';
};
const alias = <More extends object>(more: More) => ({ FunctionName: 'f', Name: 'live', ...more });

describe('a version', () => {
  test('stays what it was', async () => {
    expect(publish({ Description: 'first' })).toMatchObject({ Version: '1', FunctionArn: `${arn}:1`, Description: 'first' });
    functions.handlers.UpdateFunctionConfiguration({ FunctionName: 'f', Environment: { Variables: { A: 'x' } } });
    expect(await release(2)).toBe('2');
    expect(await functions.invoke({}, { Qualifier: '1' })).toMatchObject({ version: '1', value: [1, null] });
    expect(await functions.invoke({}, { Qualifier: '2' })).toMatchObject({ version: '2', value: [2, 'x'] });
    expect(await functions.invoke()).toMatchObject({ version: '$LATEST', value: [2, 'x'] });
  });

  test('is made only when something has changed since the last', async () => {
    expect(publish().Version).toBe('1');
    expect(publish({ Description: 'again' })).toMatchObject({ Version: '1', Description: '' });
    functions.handlers.UpdateFunctionConfiguration({ FunctionName: 'f', Timeout: 4 });
    expect(publish().Version).toBe('2');
    functions.handlers.UpdateFunctionConfiguration({ FunctionName: 'f', Timeout: 3 });
    expect(publish().Version).toBe('3');
  });

  test('is refused for other code than was meant', async () => {
    const refusal = await refusalOf(() => publish({ CodeSha256: 'x' }));
    expect(refusal).toMatchObject({
      code: 'InvalidParameterValueException',
      message: expect.stringMatching(/^CodeSHA256 \(x\) is different from current CodeSHA256 in \$LATEST/),
    });
    expect(functions.handlers.ListVersionsByFunction({ FunctionName: 'f' }).Versions).toHaveLength(1);
  });

  test('cannot be deleted while an alias points to it, and never comes back', async () => {
    publish();
    functions.handlers.CreateAlias(alias({ FunctionVersion: '1' }));
    expect(await refusalOf(() => functions.handlers.DeleteFunction({ FunctionName: 'f', Qualifier: '1' }))).toMatchObject({
      code: 'ResourceConflictException',
    });
    functions.handlers.DeleteAlias(alias({}));
    functions.handlers.DeleteFunction({ FunctionName: 'f', Qualifier: '1' });
    expect(await refusalOf(() => functions.invoke({}, { Qualifier: '1' }))).toMatchObject({ code: 'ResourceNotFoundException' });
    expect(publish().Version).toBe('2');
  });

  test.each([
    ['$LATEST', /^\$LATEST version cannot be deleted/],
    ['live', /^Deletion of aliases/],
  ])('%s is not deleted as one', async (Qualifier, message) => {
    expect(await refusalOf(() => functions.handlers.DeleteFunction({ FunctionName: 'f', Qualifier }))).toMatchObject({
      code: 'InvalidParameterValueException',
      message: expect.stringMatching(message),
    });
  });
});

describe('an alias', () => {
  beforeEach(async () => {
    publish();
    await release(2);
    functions.handlers.CreateAlias(alias({ FunctionVersion: '1', Description: 'd' }));
  });

  test('is called, shown, moved and removed', async () => {
    expect(await functions.invoke({}, { FunctionName: `${arn}:live` })).toMatchObject({ version: '1', value: [1, null] });
    const before = functions.handlers.GetAlias(alias({}));
    expect(before).toMatchObject({ AliasArn: `${arn}:live`, FunctionVersion: '1', Description: 'd' });
    const after = functions.handlers.UpdateAlias(alias({ FunctionVersion: '2', RevisionId: before.RevisionId }));
    expect(after).toMatchObject({ FunctionVersion: '2', Description: 'd' });
    expect(await functions.invoke({}, { Qualifier: 'live' })).toMatchObject({ version: '2' });
    expect(
      await refusalOf(() => functions.handlers.UpdateAlias(alias({ FunctionVersion: '1', RevisionId: before.RevisionId }))),
    ).toMatchObject({
      code: 'PreconditionFailedException',
    });
    expect(functions.handlers.ListAliases({ FunctionName: 'f', FunctionVersion: '1' }).Aliases).toEqual([]);
    functions.handlers.DeleteAlias(alias({}));
    expect(await refusalOf(() => functions.handlers.GetAlias(alias({})))).toMatchObject({
      code: 'ResourceNotFoundException',
      message: `Cannot find alias arn: ${arn}:live`,
    });
  });

  test('splits calls by weight', async () => {
    functions.handlers.UpdateAlias(alias({ RoutingConfig: { AdditionalVersionWeights: { '2': 0.5 } } }));
    const versions = new Set<string | undefined>();
    for (let calls = 0; calls < 60 && versions.size < 2; calls++)
      versions.add((await functions.invoke({}, { Qualifier: 'live' })).version);
    expect(versions).toEqual(new Set(['1', '2']));
    expect(functions.handlers.UpdateAlias(alias({ RoutingConfig: { AdditionalVersionWeights: {} } }))).not.toHaveProperty(
      'RoutingConfig',
    );
  });

  test.each<[string, object, string]>([
    ['a version that is not there', { FunctionVersion: '9' }, 'ResourceNotFoundException'],
    ['an alias', { FunctionVersion: 'live' }, 'InvalidParameterValueException'],
    ['itself and $LATEST', { RoutingConfig: { AdditionalVersionWeights: { $LATEST: 0.5 } } }, 'InvalidParameterValueException'],
    ['one version twice', { RoutingConfig: { AdditionalVersionWeights: { '1': 0.5 } } }, 'InvalidParameterValueException'],
  ])('does not point to %s', async (_what, more, code) => {
    expect(await refusalOf(() => functions.handlers.UpdateAlias(alias(more)))).toMatchObject({ code });
    expect(functions.handlers.GetAlias(alias({}))).toMatchObject({ FunctionVersion: '1' });
  });

  test('is made once', async () => {
    expect(await refusalOf(() => functions.handlers.CreateAlias(alias({ FunctionVersion: '2' })))).toMatchObject({
      code: 'ResourceConflictException',
      message: `Alias already exists: ${arn}:live`,
    });
  });

  test('moves under load without one failed call, and a call keeps the version it began with', async () => {
    await functions.handlers.UpdateFunctionCode({
      FunctionName: 'f',
      ZipFile: handlerOf('await new Promise((done) => setTimeout(done, 5)); return process.env.AWS_LAMBDA_FUNCTION_VERSION;'),
    });
    publish();
    functions.handlers.UpdateFunctionConfiguration({ FunctionName: 'f', Description: 'the next' });
    publish();
    functions.handlers.UpdateAlias(alias({ FunctionVersion: '3' }));
    const over = new AbortController();
    const seen: Awaited<ReturnType<Functions['invoke']>>[] = [];
    const client = async () => {
      while (!over.signal.aborted) seen.push(await functions.invoke({}, { Qualifier: 'live' }));
    };
    const clients = [client(), client(), client()];
    for (const version of ['4', '3', '4', '3', '4']) {
      const before = seen.length;
      await functions.until(
        () => seen.length,
        (count) => count > before + 20,
      );
      functions.handlers.UpdateAlias(alias({ FunctionVersion: version }));
    }
    const before = seen.length;
    await functions.until(
      () => seen.length,
      (count) => count > before + 20,
    );
    over.abort();
    await Promise.all(clients);
    expect(seen.filter(({ error }) => error !== undefined)).toEqual([]);
    expect(seen.filter(({ version, value }) => version !== value)).toEqual([]);
    expect(new Set(seen.map(({ version }) => version))).toEqual(new Set(['3', '4']));
    expect(seen.at(-1)?.version).toBe('4');
  });
});
