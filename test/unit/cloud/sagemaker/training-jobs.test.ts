import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import type {
  Channel,
  CreateTrainingJobRequest,
  DescribeTrainingJobResponse,
  TrainingInstanceType,
} from '@aws-sdk/client-sagemaker';
import { isOver, role, startTraining, type Training } from './local-training.ts';

// Real processes, on machines that are busy with other things too.
jest.setTimeout(30_000);

let training: Training;
afterEach(() => training.close());

const hosts = (InstanceCount: number, InstanceType: TrainingInstanceType = 'ml.m5.large') => ({
  ResourceConfig: { InstanceType, InstanceCount, VolumeSizeInGB: 1 },
});
const channel = (name: string, uri: string, more: object = {}): Channel => ({
  ChannelName: name,
  DataSource: { S3DataSource: { S3DataType: 'S3Prefix', S3Uri: uri, ...more } },
});
const statuses = (job: DescribeTrainingJobResponse) => job.SecondaryStatusTransitions?.map((transition) => transition.Status);
const scriptLines = () => training.linesOf('job').filter((line) => !line.startsWith('[local cloud]'));
const isUp = () => training.linesOf('job').includes('up');
/** Names of the files in an archive of the bucket, with their content. */
function unpack(key: string): Record<string, string> {
  const archive = training.cloud.buckets.fileOf('bucket', key) ?? '';
  const names = execFileSync('tar', ['tzf', archive], { encoding: 'utf8' }).trim().split('\n');
  return Object.fromEntries(names.map((name) => [name, execFileSync('tar', ['xzOf', archive, name], { encoding: 'utf8' })]));
}

const inBase = `import json, os, sys, time
base = os.environ["SAGEMAKER_BASE_DIR"]
`;

describe('a job that succeeds', () => {
  test('goes through the states of SageMaker, uploads its model and is billed by the second', async () => {
    training = await startTraining();
    training.create(
      'job',
      `${inBase}open(base + "/model/weights", "w").write("42"); open(base + "/output/data/report", "w").write("r"); time.sleep(1.1)`,
    );
    const job = await training.until('job', isOver);
    expect(job).toMatchObject({ TrainingJobStatus: 'Completed', TrainingTimeInSeconds: 2, BillableTimeInSeconds: 2 });
    expect(statuses(job)).toEqual(['Starting', 'Starting', 'Downloading', 'Training', 'Uploading', 'Completed']);
    const times = job.SecondaryStatusTransitions?.flatMap(({ StartTime, EndTime }) => [StartTime, EndTime].map(Number)) ?? [];
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(job.ModelArtifacts?.S3ModelArtifacts).toBe('s3://bucket/out/job/output/model.tar.gz');
    expect(unpack('out/job/output/model.tar.gz')).toEqual({ weights: '42' });
    expect(unpack('out/job/output/output.tar.gz')).toEqual({ report: 'r' });
  });

  test('hosts see the contract: channels, hyperparameters, addresses, and nothing of our environment', async () => {
    process.env['AWS_SECRET_ACCESS_KEY_OF_TEST'] = 'secret';
    training = await startTraining();
    await training.putObject('data/a.csv', 'a');
    await training.putObject('data/b.csv', 'b');
    await training.putObject('data/deep/c.csv', 'c');
    const script = `${inBase}
config = lambda name: json.load(open(base + "/input/config/" + name + ".json"))
resources = config("resourceconfig")
files = {c: sorted(f for _, _, fs in os.walk(base + "/input/data/" + c) for f in fs) for c in sorted(os.listdir(base + "/input/data"))}
print(json.dumps({"rank": resources["hosts"].index(resources["current_host"]), "hosts": len(resources["hosts"]), "files": files,
  "hyperparameters": config("hyperparameters"), "arguments": sys.argv[1:] == [base + "/model", "--out=" + base], "secret": os.environ.get("AWS_SECRET_ACCESS_KEY_OF_TEST"),
  "mapped": os.environ["WHERE"] == base + "/output", "job": os.environ["TRAINING_JOB_NAME"], "home": os.environ["HOME"].endswith("/home")}))`;
    training.create('job', script, {
      ...hosts(2),
      InputDataConfig: [
        channel('all', 's3://bucket/data/'),
        channel('shared', 's3://bucket/data', { S3DataDistributionType: 'ShardedByS3Key' }),
      ],
      HyperParameters: { rate: '0.10' },
      Environment: { WHERE: '/opt/ml/output' },
      AlgorithmSpecification: {
        TrainingInputMode: 'File',
        ContainerEntrypoint: ['python3', '-c', script],
        ContainerArguments: ['/opt/ml/model', '--out=/opt/ml'],
      },
    });
    expect(await training.until('job', isOver)).toMatchObject({ TrainingJobStatus: 'Completed' });
    delete process.env['AWS_SECRET_ACCESS_KEY_OF_TEST'];
    const seen = scriptLines().map((line): { rank: number } => JSON.parse(line));
    const same = {
      hosts: 2,
      hyperparameters: { rate: '0.10' },
      arguments: true,
      secret: null,
      mapped: true,
      job: 'job',
      home: true,
    };
    const all = ['a.csv', 'b.csv', 'c.csv'];
    expect(seen.sort((a, b) => a.rank - b.rank)).toEqual([
      { ...same, rank: 0, files: { all, shared: ['a.csv', 'c.csv'] } },
      { ...same, rank: 1, files: { all, shared: ['b.csv'] } },
    ]);
  });

  test('metrics are the last values on the log, and CPU is what was used', async () => {
    training = await startTraining();
    const script =
      'import time\nwhile time.process_time() < 0.7: pass\nprint("loss: 0.5\\nloss: nothing\\nloss: 1e-2\\nacc: -3")';
    training.create('job', script, {
      AlgorithmSpecification: {
        TrainingInputMode: 'File',
        ContainerEntrypoint: ['python3', '-c', script],
        MetricDefinitions: [
          { Name: 'loss', Regex: 'loss: (\\S+)' },
          { Name: 'acc', Regex: 'acc: ([-0-9.]+)' },
          { Name: 'none', Regex: 'none: (.*)' },
        ],
      },
    });
    const job = await training.until('job', isOver);
    expect(job.FinalMetricDataList?.map(({ MetricName, Value }) => [MetricName, Value])).toEqual([
      ['loss', 0.01],
      ['acc', -3],
    ]);
    const points = training.metrics.visiblePoints({
      namespace: '/aws/sagemaker/TrainingJobs',
      name: 'CPUUtilization',
      dimensions: { Host: 'job/algo-1' },
    });
    let from = Number(job.TrainingStartTime);
    let cpuSeconds = 0;
    for (const point of points) {
      const to = 2 * point.atMs - from;
      cpuSeconds += (point.sum / 100) * ((to - from) / 1000);
      from = to;
    }
    // What is billed is what is measured: the series covers all of it.
    expect(Math.abs(from - Number(job.TrainingEndTime))).toBeLessThan(30);
    expect(cpuSeconds).toBeGreaterThan(0.65);
    expect(cpuSeconds).toBeLessThan(1.3);
  });

  test('checkpoints are there again, and saved while it runs', async () => {
    training = await startTraining();
    await training.putObject('ckpt/epoch', '1');
    const script = `${inBase}
print(open(base + "/checkpoints/epoch").read())
open(base + "/checkpoints/epoch", "w").write("2")
time.sleep(1.8)
open(base + "/checkpoints/epoch", "w").write("last")`;
    training.create('job', script, { CheckpointConfig: { S3Uri: 's3://bucket/ckpt/' } });
    const saved = () => readFileSync(training.cloud.buckets.fileOf('bucket', 'ckpt/epoch') ?? '', 'utf8');
    await training.until('job', () => saved() === '2');
    await training.until('job', isOver);
    expect(scriptLines()).toEqual(['1']);
    expect(saved()).toBe('last');
    expect(training.describe('job').ModelArtifacts?.S3ModelArtifacts).toBeUndefined();
  });

  test('nothing of it is left on the disk', async () => {
    training = await startTraining();
    training.create('job', 'print("up")');
    await training.until('job', isOver);
    await training.until('job', () => !existsSync(join(training.cloud.folder, 'training-jobs', 'job')));
    expect(training.linesOf('job')[0]).toMatch(
      /^\[local cloud\] algo-1 is this machine at 127\.\d+\.\d+\.101: .*the image image is not run$/,
    );
  });
});

describe('a job that fails says why', () => {
  test.each([
    ['by its exit code', 'import sys; sys.exit(3)', 'AlgorithmError: , exit code: 3'],
    [
      'in its own words',
      `${inBase}open(base + "/output/failure", "w").write("ValueError: no data\\n"); sys.exit(1)`,
      'AlgorithmError: ValueError: no data, exit code: 1',
    ],
    ['killed', 'import os; os.kill(os.getpid(), 9)', 'AlgorithmError: , exit code: 137'],
  ])('%s', async (_, script, reason) => {
    training = await startTraining();
    training.create('job', script);
    const job = await training.until('job', isOver);
    expect(job).toMatchObject({
      TrainingJobStatus: 'Failed',
      SecondaryStatus: 'Failed',
      FailureReason: reason,
      BillableTimeInSeconds: 1,
    });
    expect(statuses(job)).toEqual(['Starting', 'Starting', 'Downloading', 'Training', 'Failed']);
  });

  test('a long reason is cut to what AWS keeps, with the exit code', async () => {
    training = await startTraining();
    training.create('job', `${inBase}open(base + "/output/failure", "w").write("x" * 5000); sys.exit(1)`);
    const { FailureReason: reason = '' } = await training.until('job', isOver);
    expect(reason).toHaveLength(1024);
    expect(reason).toMatch(/^AlgorithmError: x+, exit code: 1$/);
  });

  test('one host that fails ends the others', async () => {
    training = await startTraining({ stopGraceSeconds: 60 });
    const script = `${inBase}
r = json.load(open(base + "/input/config/resourceconfig.json"))
if r["current_host"] == r["hosts"][1]: sys.exit(7)
time.sleep(300)`;
    training.create('job', script, hosts(2));
    expect(await training.until('job', isOver)).toMatchObject({ FailureReason: 'AlgorithmError: , exit code: 7' });
  });

  test('data that vanished, and keys that lead elsewhere', async () => {
    training = await startTraining({}, { trainingStatusMs: { Starting: 300, Downloading: 0, Uploading: 0 } });
    await training.putObject('data/a', '1');
    training.create('job', 'pass', { InputDataConfig: [channel('training', 's3://bucket/data')] });
    rmSync(training.cloud.buckets.fileOf('bucket', 'data/a') ?? '');
    const job = await training.until('job', isOver);
    expect(job.FailureReason).toMatch(
      /^ClientError: Data download failed:No S3 objects found under S3 URL "s3:\/\/bucket\/data" given in input data source/,
    );
  });

  test('what cannot be executed here is named, all of it', async () => {
    training = await startTraining();
    await training.putObject('data/a', '1');
    training.create('job', '', {
      AlgorithmSpecification: { TrainingImage: 'image', TrainingInputMode: 'Pipe' },
      InputDataConfig: [channel('training', 's3://bucket/data', { S3DataType: 'ManifestFile' })],
    });
    const job = await training.until('job', isOver);
    expect(job.FailureReason).toMatch(/ContainerEntrypoint must name.*ManifestFile.*Pipe/);
    expect(job.BillableTimeInSeconds).toBeUndefined();
  });
});

describe('a job that is ended', () => {
  const endlessScript = `${inBase}
import signal
def end(*_): open(base + "/model/partial", "w").write("p"); sys.exit(0)
signal.signal(signal.SIGTERM, end)
print("up"); time.sleep(300)`;

  test('uploads what it has when stopped', async () => {
    training = await startTraining();
    training.create('job', endlessScript);
    await training.until('job', isUp);
    training.handlers.StopTrainingJob({ TrainingJobName: 'job' });
    expect(training.describe('job')).toMatchObject({ TrainingJobStatus: 'Stopping', SecondaryStatus: 'Stopping' });
    const job = await training.until('job', isOver);
    expect(job).toMatchObject({ TrainingJobStatus: 'Stopped', SecondaryStatus: 'Stopped' });
    expect(statuses(job)?.slice(-4)).toEqual(['Training', 'Stopping', 'Uploading', 'Stopped']);
    expect(unpack('out/job/output/model.tar.gz')).toEqual({ partial: 'p' });
    expect(() => training.handlers.StopTrainingJob({ TrainingJobName: 'job' })).toThrow(
      'The request was rejected because the training job is in status Stopped.',
    );
  });

  test('by its own time limit', async () => {
    training = await startTraining();
    training.create('job', endlessScript, { StoppingCondition: { MaxRuntimeInSeconds: 1 } });
    const job = await training.until('job', isOver);
    expect(job).toMatchObject({ TrainingJobStatus: 'Stopped', SecondaryStatus: 'MaxRuntimeExceeded' });
    expect(job.BillableTimeInSeconds).toBeGreaterThanOrEqual(2);
  });

  test('after the grace when it does not listen', async () => {
    training = await startTraining({ stopGraceSeconds: 0.2 });
    training.create('job', 'import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print("up"); time.sleep(300)');
    await training.until('job', isUp);
    training.handlers.StopTrainingJob({ TrainingJobName: 'job' });
    expect(await training.until('job', isOver)).toMatchObject({ TrainingJobStatus: 'Stopped' });
  });

  test('while it waits for cores: nothing was billed', async () => {
    training = await startTraining({ cores: 1 });
    training.create('first', endlessScript);
    training.create('job', endlessScript, hosts(2));
    await training.until('job', (job) => job.SecondaryStatus === 'Pending');
    expect(training.describe('job').SecondaryStatusTransitions?.at(-1)?.StatusMessage).toBe(
      "Waiting for 1 of this machine's 1 cores",
    );
    training.handlers.StopTrainingJob({ TrainingJobName: 'job' });
    const job = await training.until('job', isOver);
    expect(job).toMatchObject({ TrainingJobStatus: 'Stopped', SecondaryStatus: 'Stopped' });
    expect([job.TrainingStartTime, job.BillableTimeInSeconds]).toEqual([undefined, undefined]);
    expect(training.linesOf('job')).toEqual([]);
  });

  test('at every moment of its life, it is stopped in the end', async () => {
    const slow = { trainingStatusMs: { Starting: 100, Downloading: 100, Uploading: 100 } };
    training = await startTraining({ cores: 20 }, slow);
    const stopAt = [0, 50, 120, 180, 240, 300, 360, 420];
    await Promise.all(
      stopAt.map(async (ms, index) => {
        training.create(`job-${index}`, 'import time; time.sleep(300)');
        await training.cloud.clock.sleep(ms);
        training.handlers.StopTrainingJob({ TrainingJobName: `job-${index}` });
      }),
    );
    const jobs = await Promise.all(stopAt.map((_, index) => training.until(`job-${index}`, isOver)));
    expect(jobs.map((job) => job.SecondaryStatus)).toEqual(stopAt.map(() => 'Stopped'));
  });

  test('by the end of the cloud, at once', async () => {
    training = await startTraining();
    training.create(
      'job',
      'import os, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print("up"); print(os.getpid()); time.sleep(300)',
    );
    await training.until('job', () => scriptLines().length === 2);
    const before = Date.now();
    await training.close();
    expect(Date.now() - before).toBeLessThan(5000);
    expect(existsSync(`/proc/${scriptLines()[1]}`)).toBe(false);
    expect(training.describe('job').TrainingJobStatus).toBe('Stopped');
  });
});

describe('what is seen of a job', () => {
  test('in some weather it is a little old', async () => {
    training = await startTraining({}, { readLagMs: 400 });
    training.create('job', 'pass');
    await training.until('job', (job) => job.SecondaryStatus === 'Training');
    const job = await training.until('job', isOver);
    expect(Date.now() - Number(job.TrainingEndTime)).toBeGreaterThanOrEqual(400);
  });

  test('tags, lists and removal', async () => {
    training = await startTraining();
    const { TrainingJobArn: ResourceArn } = training.create('job-1', 'pass', { Tags: [{ Key: 'a', Value: '1' }] });
    training.handlers.AddTags({
      ResourceArn,
      Tags: [
        { Key: 'b', Value: '2' },
        { Key: 'a', Value: '3' },
      ],
    });
    expect(training.handlers.ListTags({ ResourceArn })).toEqual({
      Tags: [
        { Key: 'a', Value: '3' },
        { Key: 'b', Value: '2' },
      ],
    });
    expect(() => training.handlers.DeleteTrainingJob({ TrainingJobName: 'job-1' })).toThrow('only a finished job can be deleted');
    await training.until('job-1', isOver);
    training.create('job-2', 'pass');
    await training.until('job-2', isOver);
    const names = (input: object) =>
      training.handlers.ListTrainingJobs(input).TrainingJobSummaries?.map((job) => job.TrainingJobName);
    expect(names({})).toEqual(['job-2', 'job-1']);
    expect(names({ NameContains: '-1' })).toEqual(['job-1']);
    expect(names({ StatusEquals: 'Failed' })).toEqual([]);
    expect(training.handlers.ListTrainingJobs({ MaxResults: 1 }).NextToken).toBe('1');
    training.handlers.DeleteTrainingJob({ TrainingJobName: 'job-1' });
    expect(names({ SortBy: 'Name', SortOrder: 'Ascending' })).toEqual(['job-2']);
  });
});

test('refused before anything starts, in the words of AWS', async () => {
  training = await startTraining({ quotas: { 'ml.p3.2xlarge': 0 } });
  const refusal = (change: Partial<CreateTrainingJobRequest>) => {
    try {
      return training.create('job', 'pass', change);
    } catch (error) {
      return error instanceof Error && 'code' in error ? `${String(error.code)}: ${error.message}` : error;
    }
  };
  expect(refusal({ RoleArn: 'arn:aws:iam::000000000000:role/other' })).toBe(
    "ValidationException: Could not assume role arn:aws:iam::000000000000:role/other. Please ensure that the role exists and allows principal 'sagemaker.amazonaws.com' to assume the role.",
  );
  expect(refusal(hosts(1, 'ml.p3.2xlarge'))).toMatch(
    /^ResourceLimitExceeded: The account-level service limit 'ml.p3.2xlarge for training job usage' is 0 Instances, with current utilization of 0 Instances and a request delta of 1 Instances\./,
  );
  expect(refusal({ InputDataConfig: [channel('training', 's3://nowhere/data')] })).toBe(
    `ValidationException: No S3 objects found under S3 URL "s3://nowhere/data" given in input data source. Please ensure that the bucket exists in the selected region (us-east-1), that objects exist under that S3 prefix, and that the role "${role}" has "s3:ListBucket" permissions on bucket "nowhere".`,
  );
  expect(refusal({ OutputDataConfig: { S3OutputPath: 's3://nowhere/out' } })).toMatch(
    /^ValidationException: The bucket nowhere of OutputDataConfig/,
  );
  expect(refusal({ EnableManagedSpotTraining: true })).toMatch(/^ValidationException: Invalid MaxWaitTimeInSeconds/);
  expect(training.handlers.ListTrainingJobs({}).TrainingJobSummaries).toEqual([]);
  training.create('job', 'pass');
  expect(refusal({})).toBe(
    'ResourceInUse: Training job names must be unique within an AWS account and region, and a training job with this name already exists (arn:aws:sagemaker:us-east-1:000000000000:training-job/job)',
  );
  for (const act of [() => training.describe('none'), () => training.handlers.StopTrainingJob({ TrainingJobName: 'none' })]) {
    expect(act).toThrow('Requested resource not found.');
  }
});
