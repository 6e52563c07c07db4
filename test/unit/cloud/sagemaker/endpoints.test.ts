import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { processesUsing } from '../../../support/processes.ts';
import { echoCode, startServing, type Serving } from './local-serving.ts';

let serving: Serving;
afterEach(async () => {
  await serving.close();
});

const role = 'arn:aws:iam::000000000000:role/training';
const busy = 'Cannot update in-progress endpoint "arn:aws:sagemaker:us-east-1:000000000000:endpoint/one".';
const arn = (kind: string, name: string) => `arn:aws:sagemaker:us-east-1:000000000000:${kind}/${name}`;
const noPing =
  'The primary container for production variant all did not pass the ping health check. Please check CloudWatch logs for this endpoint.';

describe('an endpoint comes into being', () => {
  test('Creating, then InService with what was asked for', async () => {
    serving = await startServing();
    await serving.echo('one', 'first', { count: 2 });
    serving.handlers.CreateEndpoint({ EndpointName: 'one', EndpointConfigName: 'one' });
    expect(serving.describe('one')).toMatchObject({ EndpointStatus: 'Creating', EndpointConfigName: 'one' });
    expect(await serving.settled('one')).toMatchObject({
      EndpointArn: 'arn:aws:sagemaker:us-east-1:000000000000:endpoint/one',
      EndpointStatus: 'InService',
      ProductionVariants: [{ VariantName: 'all', CurrentInstanceCount: 2, DesiredInstanceCount: 2, CurrentWeight: 1 }],
    });
    expect((await serving.invoke('one')).json.word).toBe('first');
    expect(serving.linesOf('one').join('\n')).toContain('the image image is not run');
  });

  test('a container that crashes makes it Failed; its log says why, and nothing of it runs on', async () => {
    serving = await startServing();
    await serving.prepare('one', { 'code/inference.py': 'def model_fn(folder):\n    raise RuntimeError("no weights")\n' });
    const failed = await serving.create('one');
    expect(failed).toMatchObject({ EndpointStatus: 'Failed', FailureReason: noPing });
    const lines = serving.linesOf('one');
    expect(lines.filter((line) => line === 'RuntimeError: no weights')).toHaveLength(4);
    expect(lines.join('\n')).toContain('it was started 4 times and never answered /ping');
    expect(processesUsing(serving.cloud.folder)).toEqual([]);
    expect(() => serving.handlers.UpdateEndpoint({ EndpointName: 'one', EndpointConfigName: 'one' })).toThrow(
      'can only be deleted',
    );
    serving.handlers.DeleteEndpoint({ EndpointName: 'one' });
  });

  test('a container that never answers is given up at the time limit', async () => {
    serving = await startServing({ startupSeconds: 1 });
    await serving.prepare('one', { 'code/inference.py': 'import time\ntime.sleep(60)\n' });
    expect(await serving.create('one')).toMatchObject({ EndpointStatus: 'Failed', FailureReason: noPing });
    expect(serving.linesOf('one').join('\n')).toContain('the container did not answer /ping within 1 s');
    expect(processesUsing(serving.cloud.folder)).toEqual([]);
  });

  test.each([
    ['no code', { 'word.txt': 'x' }, 'model.tar.gz has no code/inference.py'],
    ['no model_fn', { 'code/inference.py': 'pass' }, 'defines no model_fn'],
  ])('an archive with %s is said', async (_what, files, text) => {
    serving = await startServing();
    await serving.prepare('one', files);
    expect(await serving.create('one')).toMatchObject({ EndpointStatus: 'Failed', FailureReason: noPing });
    expect(serving.linesOf('one').join('\n')).toContain(text);
  });

  test('an archive that leads out of its folder is not unpacked', async () => {
    serving = await startServing();
    await serving.prepare('one', { '../../../../escaped': 'x', 'code/inference.py': echoCode });
    const { EndpointStatus: status, FailureReason: reason } = await serving.create('one');
    expect(status).toBe('Failed');
    expect(reason).toContain('Failed to download model data for container "primary" from URL: "s3://bucket/one/model.tar.gz"');
    expect(reason).toContain('leads out of');
    expect(existsSync(join(serving.cloud.folder, 'endpoints/escaped'))).toBe(false);
  });

  test('a program of another name, and paths of the container in its environment', async () => {
    serving = await startServing();
    const code = `${echoCode}\nimport os\ndef model_fn(folder):\n    return os.environ["WHERE"] + " " + str("AWS_ACCESS_KEY_ID" in os.environ)\n`;
    process.env['AWS_ACCESS_KEY_ID'] = 'mine';
    await serving.prepare(
      'one',
      { 'code/serve_it.py': code },
      {
        model: {
          Environment: {
            SAGEMAKER_PROGRAM: 'serve_it.py',
            WHERE: '/opt/ml/model',
            SAGEMAKER_SUBMIT_DIRECTORY: '/opt/ml/model/code',
          },
        },
      },
    );
    delete process.env['AWS_ACCESS_KEY_ID'];
    await serving.create('one');
    expect((await serving.invoke('one')).json.word).toMatch(/\/endpoints\/one\/i-\w+\/opt\/ml\/model False$/);
  });
});

describe('what is refused', () => {
  test('in the words of AWS', async () => {
    serving = await startServing({}, { endpointStatusMs: { Creating: 300, Updating: 0, Deleting: 300 } });
    const { handlers } = serving;
    expect(() => handlers.DescribeEndpoint({ EndpointName: 'One' })).toThrow(
      `Could not find endpoint "${arn('endpoint', 'one')}".`,
    );
    expect(() => handlers.DescribeModel({ ModelName: 'one' })).toThrow(`Could not find model "${arn('model', 'one')}".`);
    await serving.echo('one', 'first');
    expect(() => handlers.CreateEndpoint({ EndpointName: 'one', EndpointConfigName: 'two' })).toThrow(
      `Could not find endpoint configuration "${arn('endpoint-config', 'two')}".`,
    );
    const variants = [{ VariantName: 'all', ModelName: 'two', InstanceType: 'ml.m5.large' as const, InitialInstanceCount: 1 }];
    expect(() => handlers.CreateEndpointConfig({ EndpointConfigName: 'two', ProductionVariants: variants })).toThrow(
      `Could not find model "${arn('model', 'two')}".`,
    );
    expect(() => handlers.CreateEndpointConfig({ EndpointConfigName: 'ONE', ProductionVariants: variants })).toThrow(
      `Cannot create already existing endpoint configuration "${arn('endpoint-config', 'one')}".`,
    );
    const container = { Image: 'image', ModelDataUrl: 's3://bucket/nothing' };
    expect(() => handlers.CreateModel({ ModelName: 'two', ExecutionRoleArn: role, PrimaryContainer: container })).toThrow(
      'Could not access model data at s3://bucket/nothing.',
    );
    expect(() => handlers.CreateModel({ ModelName: 'two', ExecutionRoleArn: 'other', PrimaryContainer: container })).toThrow(
      'Could not assume role other.',
    );

    handlers.CreateEndpoint({ EndpointName: 'one', EndpointConfigName: 'one' });
    expect(() => handlers.CreateEndpoint({ EndpointName: 'One', EndpointConfigName: 'one' })).toThrow(
      `Cannot create already existing endpoint "${arn('endpoint', 'one')}".`,
    );
    expect(() => handlers.DeleteEndpoint({ EndpointName: 'one' })).toThrow(busy);
    expect(() => handlers.UpdateEndpoint({ EndpointName: 'one', EndpointConfigName: 'one' })).toThrow(busy);
    await expect(serving.invoke('one')).rejects.toMatchObject({
      code: 'ValidationError',
      message: 'Endpoint one of account 000000000000 not found.',
    });
    await serving.settled('one');
    expect(() =>
      handlers.UpdateEndpointWeightsAndCapacities({ EndpointName: 'one', DesiredWeightsAndCapacities: [{ VariantName: 'b' }] }),
    ).toThrow('The variant name(s) "b" is/are not present within endpoint configuration "one".');
    handlers.DeleteEndpoint({ EndpointName: 'one' });
    expect(serving.describe('one').EndpointStatus).toBe('Deleting');
    expect(() => handlers.DeleteEndpoint({ EndpointName: 'one' })).toThrow(busy);
  });

  test('more instances than the quota, of whatever endpoint', async () => {
    serving = await startServing({ quotas: { 'ml.m5.large': 2 } });
    await serving.echo('one', 'first', { count: 2 });
    await serving.create('one');
    expect(() => serving.handlers.CreateEndpoint({ EndpointName: 'two', EndpointConfigName: 'one' })).toThrow(
      "The account-level service limit 'ml.m5.large for endpoint usage' is 2 Instances, with current utilization of 2 Instances and a request delta of 2 Instances.",
    );
    expect(() => serving.handlers.UpdateEndpoint({ EndpointName: 'one', EndpointConfigName: 'one' })).toThrow(
      'request delta of 2',
    );
  });

  test('what has just been made is not there yet where reads lag', async () => {
    serving = await startServing({}, { readLagMs: 300 });
    await serving.echo('one', 'first');
    expect(() => serving.handlers.DescribeModel({ ModelName: 'one' })).toThrow('Could not find model');
    const create = () => serving.handlers.CreateEndpoint({ EndpointName: 'one', EndpointConfigName: 'one' });
    expect(create).toThrow('Could not find endpoint configuration');
    await serving.cloud.clock.sleep(310);
    create();
    expect(() => serving.describe('one')).toThrow('Could not find endpoint');
    expect(() => serving.handlers.DeleteEndpoint({ EndpointName: 'one' })).toThrow('Cannot update in-progress endpoint');
  });
});

describe('an endpoint ends', () => {
  test('without a process, an address in use, or a file left', async () => {
    serving = await startServing();
    await serving.echo('one', 'first', { count: 2 });
    await serving.create('one');
    expect(processesUsing(serving.cloud.folder).length).toBeGreaterThan(1);
    serving.handlers.DeleteEndpoint({ EndpointName: 'one' });
    await expect(serving.settled('one')).rejects.toThrow('Could not find endpoint');
    expect(processesUsing(serving.cloud.folder)).toEqual([]);
    serving.handlers.DeleteEndpointConfig({ EndpointConfigName: 'one' });
    serving.handlers.DeleteModel({ ModelName: 'one' });
    expect(serving.handlers.ListModels({}).Models).toEqual([]);
    expect(serving.handlers.ListEndpointConfigs({}).EndpointConfigs).toEqual([]);
  });

  test('with the cloud, in whatever state', async () => {
    serving = await startServing();
    await serving.echo('one', 'first');
    await serving.create('one');
    await serving.prepare('slow', { 'code/inference.py': 'import time\ntime.sleep(60)\n' });
    serving.handlers.CreateEndpoint({ EndpointName: 'slow', EndpointConfigName: 'slow' });
    serving.handlers.UpdateEndpoint({ EndpointName: 'one', EndpointConfigName: 'slow' });
    await serving.cloud.clock.sleep(300);
    await serving.close();
    expect(processesUsing(serving.cloud.folder)).toEqual([]);
  });
});

describe('the cloud closes', () => {
  test('while an endpoint has not even begun to start', async () => {
    serving = await startServing({}, { endpointStatusMs: { Creating: 60_000, Updating: 0, Deleting: 0 } });
    await serving.echo('one', 'first');
    serving.handlers.CreateEndpoint({ EndpointName: 'one', EndpointConfigName: 'one' });
    await serving.close();
    expect(serving.describe('one')).toMatchObject({ EndpointStatus: 'Failed', FailureReason: 'The local cloud is closing.' });
    expect(processesUsing(serving.cloud.folder)).toEqual([]);
  });
});

describe('names, tags and lists', () => {
  test('tags of all resources', async () => {
    serving = await startServing();
    await serving.echo('one', 'first');
    serving.handlers.CreateEndpoint({ EndpointName: 'One', EndpointConfigName: 'one', Tags: [{ Key: 'a', Value: '1' }] });
    for (const kind of ['model', 'endpoint-config', 'endpoint']) {
      const ResourceArn = `arn:aws:sagemaker:us-east-1:000000000000:${kind}/one`;
      serving.tags.AddTags({ ResourceArn, Tags: [{ Key: 'b', Value: kind }] });
      expect(serving.tags.ListTags({ ResourceArn }).Tags).toContainEqual({ Key: 'b', Value: kind });
      serving.tags.DeleteTags({ ResourceArn, TagKeys: ['b'] });
      expect(serving.tags.ListTags({ ResourceArn }).Tags).toEqual(kind === 'endpoint' ? [{ Key: 'a', Value: '1' }] : []);
    }
    expect(() => serving.tags.ListTags({ ResourceArn: 'arn:aws:sagemaker:us-east-1:000000000000:endpoint/two' })).toThrow(
      'Requested resource not found.',
    );
    await serving.settled('one');
  });

  test('lists by name and state, in pages', async () => {
    serving = await startServing();
    await serving.echo('a-1', 'x');
    await serving.echo('a-2', 'x');
    await serving.echo('b-1', 'x');
    const first = serving.handlers.ListModels({ NameContains: 'a-', SortBy: 'Name', SortOrder: 'Ascending', MaxResults: 1 });
    expect(first.Models?.map(({ ModelName: name }) => name)).toEqual(['a-1']);
    const second = serving.handlers.ListModels({
      NameContains: 'a-',
      SortBy: 'Name',
      SortOrder: 'Ascending',
      MaxResults: 1,
      NextToken: first.NextToken,
    });
    expect(second).toMatchObject({ Models: [{ ModelName: 'a-2' }] });
    expect(second.NextToken).toBeUndefined();
    await serving.create('e', 'a-1');
    expect(serving.handlers.ListEndpoints({ StatusEquals: 'InService' }).Endpoints).toMatchObject([{ EndpointName: 'e' }]);
    expect(serving.handlers.ListEndpoints({ StatusEquals: 'Failed' }).Endpoints).toEqual([]);
  });
});
