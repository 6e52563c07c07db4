import { describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { createEndpointConfigs } from '../../../src/aws/endpoint-configs.ts';
import { createEndpointLogs } from '../../../src/aws/endpoint-logs.ts';
import { createEndpoints } from '../../../src/aws/endpoints.ts';
import { createFunctions } from '../../../src/aws/functions.ts';
import { createModels } from '../../../src/aws/models.ts';
import { createResourceTags } from '../../../src/aws/resource-tags.ts';
import { toDeploymentConfig } from '../../../src/aws/rollout.ts';
import type { FunctionRequest } from '../../../src/serving/ports.ts';
import { type Answer, openClients as open, refuse, useScriptedAws } from '../../support/scripted-aws.ts';

const aws = useScriptedAws();
const { operations } = aws;
const tags = { 'trainyard:repo': 'octo/models' };

const summary = (name: string) => ({
  EndpointName: name,
  EndpointArn: `arn:${name}`,
  EndpointStatus: 'InService',
  CreationTime: 1,
});

describe('endpoints', () => {
  const describeAnswer = {
    EndpointName: 'dogs-1',
    EndpointArn: 'arn:e',
    EndpointConfigName: 'dogs-1',
    EndpointStatus: 'InService',
    CreationTime: 1,
    ProductionVariants: [{ VariantName: 'all', CurrentInstanceCount: 1, DesiredInstanceCount: 3 }],
  };

  test('are read with the machines they have and are to have, and with an update that is under way', async () => {
    aws.answer = () => ({ body: { ...describeAnswer, PendingDeploymentSummary: { EndpointConfigName: 'dogs-2' } } });
    expect(await createEndpoints(open()).describe('dogs-1')).toEqual({
      name: 'dogs-1',
      arn: 'arn:e',
      status: 'InService',
      configName: 'dogs-1',
      pending: true,
      created: new Date(1000),
      variant: { name: 'all', instances: 1, desiredInstances: 3 },
    });
  });

  test('one that is not there is undefined', async () => {
    aws.answer = () => refuse('ValidationException', 'Could not find endpoint "arn:aws:sagemaker:us-east-1:1:endpoint/x".');
    expect(await createEndpoints(open()).describe('x')).toBeUndefined();
  });

  test('a configuration made a moment ago is waited for', async () => {
    aws.answer = (_request, nth) =>
      nth < 4
        ? refuse('ValidationException', 'Could not find endpoint configuration "arn:c".')
        : { body: { EndpointArn: 'arn:e' } };
    expect(await createEndpoints(open()).create({ name: 'dogs-1', configName: 'dogs-1', tags })).toBe('created');
    expect(aws.requests.at(-1)?.json).toEqual({
      EndpointName: 'dogs-1',
      EndpointConfigName: 'dogs-1',
      Tags: [{ Key: 'trainyard:repo', Value: 'octo/models' }],
    });
  });

  test('a configuration that never shows ends the wait', async () => {
    aws.answer = () => refuse('ValidationException', 'Could not find endpoint configuration "arn:c".');
    await expect(createEndpoints(open()).create({ name: 'dogs-1', configName: 'dogs-1', tags })).rejects.toThrow(
      /Could not find/,
    );
    expect(aws.requests.length).toBeGreaterThan(20);
  });

  test('one whose answer was lost exists', async () => {
    aws.answer = (_request, nth) =>
      nth === 1 ? 'reset' : refuse('ValidationException', 'Cannot create already existing endpoint "arn:e".');
    expect(await createEndpoints(open()).create({ name: 'dogs-1', configName: 'dogs-1', tags })).toBe('exists');
  });

  test.each([
    ['deleted', {}],
    ['missing', refuse('ValidationException', 'Could not find endpoint "arn:e".')],
    ['busy', refuse('ValidationException', 'Cannot update in-progress endpoint "arn:e".')],
  ] satisfies [string, Answer][])('a delete is %s', async (outcome, told) => {
    aws.answer = () => told;
    expect(await createEndpoints(open()).delete('dogs-1')).toBe(outcome);
  });

  test('an update whose answer was lost is under way, and one that meets another is refused', async () => {
    const busy = refuse('ValidationException', 'Cannot update in-progress endpoint "arn:e".');
    aws.answer = (_request, nth) => (nth === 1 ? 'reset' : busy);
    await createEndpoints(open()).update({ name: 'dogs-live', configName: 'dogs-2', rollout: { kind: 'all-at-once' } });
    aws.requests = [];
    aws.answer = () => busy;
    const update = createEndpoints(open()).update({ name: 'dogs-live', configName: 'dogs-2', rollout: { kind: 'all-at-once' } });
    await expect(update).rejects.toThrow(/in-progress/);
  });

  test('are listed over all pages, and only those of the prefix', async () => {
    aws.answer = (_request, nth) =>
      nth === 1 ? { body: { Endpoints: [summary('dogs-1')], NextToken: 't' } } : { body: { Endpoints: [summary('hot-dogs-2')] } };
    expect((await createEndpoints(open()).list('dogs-')).map(({ name }) => name)).toEqual(['dogs-1']);
    expect(aws.requests[1]?.json['NextToken']).toBe('t');
  });
});

describe('toDeploymentConfig', () => {
  const step = { percent: 10, waitSeconds: 60, alarms: ['errors'] };
  test.each([
    [{ kind: 'all-at-once' } as const, undefined],
    [
      { kind: 'all-at-once', waitSeconds: 300, alarms: ['errors'] } as const,
      { TrafficRoutingConfiguration: { Type: 'ALL_AT_ONCE', WaitIntervalInSeconds: 300 } },
    ],
    [
      { kind: 'canary', ...step } as const,
      {
        TrafficRoutingConfiguration: {
          Type: 'CANARY',
          CanarySize: { Type: 'CAPACITY_PERCENT', Value: 10 },
          WaitIntervalInSeconds: 60,
        },
      },
    ],
    [
      { kind: 'linear', ...step } as const,
      {
        TrafficRoutingConfiguration: {
          Type: 'LINEAR',
          LinearStepSize: { Type: 'CAPACITY_PERCENT', Value: 10 },
          WaitIntervalInSeconds: 60,
        },
      },
    ],
  ])('%j', (rollout, policy) => {
    const config = toDeploymentConfig(rollout);
    if (policy === undefined) return expect(config).toBeUndefined();
    expect(config?.BlueGreenUpdatePolicy).toMatchObject(policy);
    return expect(config?.AutoRollbackConfiguration).toEqual({ Alarms: [{ AlarmName: 'errors' }] });
  });

  test('rolling replaces part by part, within what AWS allows for the whole', () => {
    const config = toDeploymentConfig({ kind: 'rolling', percent: 5, waitSeconds: 3600, alarms: [] });
    expect(config).toEqual({
      RollingUpdatePolicy: {
        MaximumBatchSize: { Type: 'CAPACITY_PERCENT', Value: 5 },
        RollbackMaximumBatchSize: { Type: 'CAPACITY_PERCENT', Value: 5 },
        WaitIntervalInSeconds: 3600,
        MaximumExecutionTimeoutInSeconds: 28_800,
      },
    });
  });
});

describe('models, configurations, tags, logs', () => {
  test('a model that was made a moment ago is waited for, and a disk of its own takes no key', async () => {
    aws.answer = (_request, nth) => (nth === 1 ? refuse('ValidationException', 'Could not find model "arn:m".') : { body: {} });
    const request = {
      name: 'dogs-1',
      modelName: 'dogs-1',
      variant: 'all',
      instanceType: 'ml.g5.xlarge',
      instanceCount: 1,
      kmsKey: 'key',
      tags,
    };
    expect(await createEndpointConfigs(open()).create(request)).toBe('created');
    expect(aws.requests.at(-1)?.json).not.toHaveProperty('KmsKeyId');
    expect(aws.requests.at(-1)?.json).toMatchObject({
      ProductionVariants: [{ VariantName: 'all', InstanceType: 'ml.g5.xlarge', InitialInstanceCount: 1 }],
    });
  });

  test('a model is asked for with image, data, role and environment', async () => {
    aws.answer = () => ({ body: { ModelArn: 'arn:m' } });
    const network = { subnets: ['s'], securityGroups: ['g'], isolation: true };
    await createModels(open()).create({
      name: 'dogs-1',
      image: 'uri',
      dataUri: 's3://b/k',
      roleArn: 'arn:r',
      environment: { A: '1' },
      network,
      tags,
    });
    expect(aws.requests[0]?.json).toEqual({
      ModelName: 'dogs-1',
      ExecutionRoleArn: 'arn:r',
      PrimaryContainer: { Image: 'uri', ModelDataUrl: 's3://b/k', Environment: { A: '1' } },
      EnableNetworkIsolation: true,
      VpcConfig: { Subnets: ['s'], SecurityGroupIds: ['g'] },
      Tags: [{ Key: 'trainyard:repo', Value: 'octo/models' }],
    });
  });

  test('tags of what is gone are none', async () => {
    aws.answer = () => refuse('ValidationException', 'Could not find endpoint "arn:e".');
    expect(await createResourceTags(open()).read('arn:e')).toEqual({});
  });

  test('the last lines of all containers come in the order of time; a group that is not there has none', async () => {
    aws.answer = ({ operation, json }) => {
      if (operation === 'DescribeLogStreams')
        return { body: { logStreams: [{ logStreamName: 'all/i-1' }, { logStreamName: 'all/i-2' }] } };
      const first = json['logStreamName'] === 'all/i-1';
      return {
        body: {
          events: first
            ? [
                { timestamp: 1, message: 'a\n' },
                { timestamp: 3, message: 'c' },
              ]
            : [{ timestamp: 2, message: 'b' }],
        },
      };
    };
    expect(await createEndpointLogs(open()).tail('dogs-1', 2)).toEqual(['b', 'c']);
    aws.answer = () => refuse('ResourceNotFoundException', 'The specified log group does not exist.');
    expect(await createEndpointLogs(open()).tail('dogs-1', 2)).toEqual([]);
  });
});

describe('functions', () => {
  const zip = Buffer.from('zip');
  const sha256 = createHash('sha256').update(zip).digest('base64');
  const request: FunctionRequest = {
    name: 'f',
    roleArn: 'arn:r',
    zip,
    memoryMb: 256,
    timeoutSeconds: 30,
    environment: { TRAINYARD_ENDPOINT: 'dogs-1' },
    description: 'release dogs-1',
    tags,
  };
  const configuration = {
    FunctionName: 'f',
    Role: 'arn:r',
    Runtime: 'nodejs24.x',
    Handler: 'index.handler',
    MemorySize: 256,
    Timeout: 30,
    Environment: { Variables: { TRAINYARD_ENDPOINT: 'dogs-1' } },
    Description: 'release dogs-1',
    CodeSha256: sha256,
    RevisionId: 'r1',
    State: 'Active',
    LastUpdateStatus: 'Successful',
  };

  test('a role that cannot be assumed yet is waited for', async () => {
    aws.answer = ({ operation }, nth) => {
      if (operation === 'GET /f') return refuse('ResourceNotFoundException', 'none', 404);
      if (operation === 'POST ' || operation === 'POST /')
        return nth < 3
          ? refuse('InvalidParameterValueException', 'The role defined for the function cannot be assumed by Lambda.')
          : { status: 201, body: configuration };
      return { body: configuration };
    };
    expect(await createFunctions(open()).ensure(request)).toBe('created');
    expect(operations().filter((one) => one.startsWith('POST'))).toHaveLength(3);
  });

  test('only what differs is changed, each change names the revision that was seen, and the code that is published', async () => {
    let revision = 1;
    aws.answer = ({ operation }) => {
      if (operation.startsWith('PUT')) revision += 1;
      if (operation === 'GET /f/versions') return { body: { Versions: [{ Version: '$LATEST' }, { Version: '3' }] } };
      if (operation === 'POST /f/versions') return { status: 201, body: { Version: '4' } };
      const old = revision === 1 ? { Environment: { Variables: { TRAINYARD_ENDPOINT: 'dogs-0' } } } : {};
      return { body: { ...configuration, RevisionId: `r${revision}`, ...old } };
    };
    expect(await createFunctions(open()).publish(request)).toMatchObject({ version: '4', outcome: 'published' });
    expect(operations().filter((one) => !one.startsWith('GET'))).toEqual(['PUT /f/configuration', 'POST /f/versions']);
    expect(aws.requests.find(({ operation }) => operation.startsWith('PUT'))?.json).toMatchObject({ RevisionId: 'r1' });
    expect(aws.requests.find(({ operation }) => operation === 'POST /f/versions')?.json).toMatchObject({
      RevisionId: 'r2',
      CodeSha256: sha256,
    });
  });

  test('a version that was there before is no new one', async () => {
    aws.answer = ({ operation }) => {
      if (operation === 'GET /f/versions') return { body: { Versions: [{ Version: '3' }] } };
      return operation === 'POST /f/versions' ? { status: 201, body: { Version: '3' } } : { body: configuration };
    };
    expect(await createFunctions(open()).publish(request)).toMatchObject({ version: '3', outcome: 'unchanged' });
  });

  test("somebody else's change is not published: it is looked at again, and then refused", async () => {
    aws.answer = ({ operation }) => {
      if (operation === 'GET /f/versions') return { body: { Versions: [] } };
      return operation === 'POST /f/versions' ? refuse('PreconditionFailedException', 'moved', 412) : { body: configuration };
    };
    await expect(createFunctions(open()).publish(request)).rejects.toThrow(/Somebody else changes the function f/);
    expect(operations().filter((one) => one === 'POST /f/versions')).toHaveLength(3);
  });

  test('an update that Lambda could not make is told with its reason', async () => {
    aws.answer = () => ({ body: { ...configuration, LastUpdateStatus: 'Failed', LastUpdateStatusReason: 'The subnet is full' } });
    await expect(createFunctions(open()).publish(request)).rejects.toThrow(/The subnet is full/);
  });

  test.each([
    ['r1', 'PUT /f/aliases/live'],
    [undefined, 'POST /f/aliases'],
  ])('an alias with revision %s is %s, and the first to move it wins', async (revision, operation) => {
    aws.answer = () => ({ body: { FunctionVersion: '2' } });
    expect(await createFunctions(open()).putAlias('f', 'live', '2', revision, 'ours')).toBe('done');
    expect(aws.requests[0]?.operation).toBe(operation);
    aws.answer = () => refuse(revision === undefined ? 'ResourceConflictException' : 'PreconditionFailedException', 'no', 409);
    expect(await createFunctions(open()).putAlias('f', 'live', '2', revision, 'ours')).toBe('moved-by-others');
  });

  test.each([
    ['ours', 'done'],
    ["another's", 'moved-by-others'],
  ])('after a lost answer an alias that says %j is %s', async (description, outcome) => {
    aws.answer = ({ operation }, nth) => {
      if (operation.startsWith('GET')) return { body: { FunctionVersion: '2', Description: description, RevisionId: 'r9' } };
      return nth === 1 ? 'reset' : refuse('PreconditionFailedException', 'no', 412);
    };
    expect(await createFunctions(open()).putAlias('f', 'live', '2', 'r1', 'ours')).toBe(outcome);
  });

  test('a version is never deleted without its number: that would delete the function', async () => {
    aws.answer = () => ({ status: 204 });
    for (const version of ['', '$LATEST', '0', 'live']) {
      await expect(createFunctions(open()).deleteVersion('f', version)).rejects.toThrow(RangeError);
    }
    expect(aws.requests).toEqual([]);
    await createFunctions(open()).deleteVersion('f', '3');
    expect(operations()).toEqual(['DELETE /f?Qualifier=3']);
  });
});
