import { afterEach, describe, expect, jest, test } from '@jest/globals';
import type { DescribeHyperParameterTuningJobResponse, HyperParameterTrainingJobSummary } from '@aws-sdk/client-sagemaker';
import { isOver, type LocalTuning, startTuning } from './local-tuning.ts';

// Real processes, on machines that are busy with other things too.
jest.setTimeout(40_000);

let local: LocalTuning;
afterEach(() => local.close());

const limits = (MaxNumberOfTrainingJobs: number, MaxParallelTrainingJobs: number) => ({
  ResourceLimits: { MaxNumberOfTrainingJobs, MaxParallelTrainingJobs },
});
const lossOf = (trial?: HyperParameterTrainingJobSummary) => trial?.FinalHyperParameterTuningJobObjectiveMetric?.Value;
const running = (count: number) => (job: DescribeHyperParameterTuningJobResponse) =>
  job.TrainingJobStatusCounters?.InProgress === count;
const parabola = 'print("loss: %.6f" % ((x - 0.3) ** 2))';
const sleeping = 'print("loss: 1", flush=True); time.sleep(60)';

test('a search runs its trials, at most so many at once, and finds the best', async () => {
  local = await startTuning(parabola);
  const arn = 'arn:aws:sagemaker:us-east-1:000000000000:hyper-parameter-tuning-job/search';
  expect(local.create('search', { request: { Tags: [{ Key: 'trainyard:run', Value: '7' }] } })).toEqual({
    HyperParameterTuningJobArn: arn,
  });
  let most = 0;
  const job = await local.until('search', (seen) => {
    most = Math.max(most, seen.TrainingJobStatusCounters?.InProgress ?? 0);
    return isOver(seen);
  });
  expect(most).toBe(2);
  expect(job).toMatchObject({
    HyperParameterTuningJobStatus: 'Completed',
    HyperParameterTuningJobArn: arn,
    TrainingJobStatusCounters: { Completed: 3, InProgress: 0, RetryableError: 0, NonRetryableError: 0, Stopped: 0 },
    ObjectiveStatusCounters: { Succeeded: 3, Pending: 0, Failed: 0 },
  });
  expect(job.ConsumedResources?.RuntimeInSeconds).toBe(
    Math.ceil((Number(job.HyperParameterTuningEndTime) - Number(job.CreationTime)) / 1000),
  );

  const trials = local.trials('search');
  expect(trials.map((trial) => trial.TrainingJobName)).toEqual(
    [1, 2, 3].map((n) => expect.stringMatching(`^search-00${n}-[0-9a-f]{8}$`)),
  );
  for (const trial of trials) {
    const x = Number(trial.TunedHyperParameters?.['x']);
    expect(lossOf(trial)).toBeCloseTo((x - 0.3) ** 2, 5);
    const child = local.handlers.DescribeTrainingJob({ TrainingJobName: trial.TrainingJobName });
    expect(child).toMatchObject({
      TuningJobArn: arn,
      TrainingJobStatus: 'Completed',
      HyperParameters: {
        x: trial.TunedHyperParameters?.['x'],
        _tuning_objective_metric: 'loss',
        sagemaker_program: '"train.py"',
      },
    });
    expect(local.handlers.ListTags({ ResourceArn: child.TrainingJobArn })).toEqual({
      Tags: [{ Key: 'trainyard:run', Value: '7' }],
    });
  }
  const [best] = trials.toSorted((a, b) => (lossOf(a) ?? 0) - (lossOf(b) ?? 0));
  expect(job.BestTrainingJob).toEqual(best);
  expect(best).toMatchObject({ ObjectiveStatus: 'Succeeded', TrainingJobStatus: 'Completed' });
  expect(local.linesOf(best?.TrainingJobName)).toContainEqual(
    expect.stringMatching(/\[local cloud\] trial \d of the tuning job search: x 0\.\d+, chosen at random/),
  );
});

test('a grid is every combination, as many as there are; texts come back as they were given and reach the script without quotes', async () => {
  local = await startTuning('print("got", args["kind"], args["size"]); print("loss: %d" % len(args["kind"]))');
  local.create('grid', {
    config: {
      Strategy: 'Grid',
      ResourceLimits: { MaxParallelTrainingJobs: 4 },
      ParameterRanges: {
        CategoricalParameterRanges: [
          { Name: 'kind', Values: ['"adam"', '"true"'] },
          { Name: 'size', Values: ['"0.10"', '8'] },
        ],
      },
    },
  });
  await local.until('grid', isOver);
  const trials = local.trials('grid');
  expect(trials.map(({ TunedHyperParameters }) => TunedHyperParameters)).toEqual([
    { kind: '"adam"', size: '"0.10"' },
    { kind: '"adam"', size: '8' },
    { kind: '"true"', size: '"0.10"' },
    { kind: '"true"', size: '8' },
  ]);
  const printed = trials.map((trial) => local.linesOf(trial.TrainingJobName).find((line) => line.startsWith('got')));
  expect(printed).toEqual(['got adam 0.10', 'got adam 8', 'got true 0.10', 'got true 8']);
});

describe('a trial that does not help', () => {
  test('failed, silent and stopped ones are counted apart and are not the best', async () => {
    local = await startTuning(`name = os.environ["TRAINING_JOB_NAME"]
if "-001-" in name: print("loss: -9"); sys.exit(3)
if "-002-" in name: sys.exit(0)
if "-003-" in name: print("loss: -8", flush=True); time.sleep(60)
print("loss: 4")`);
    local.create('mixed', { config: limits(4, 2) });
    await local.until('mixed', (job) => Boolean(job.BestTrainingJob));
    await local.until('mixed', running(1));
    const [, , third] = local.trials('mixed');
    await waitForLine(third?.TrainingJobName, 'loss: -8');
    local.handlers.StopTrainingJob({ TrainingJobName: third?.TrainingJobName });
    const job = await local.until('mixed', isOver);
    expect(job).toMatchObject({
      HyperParameterTuningJobStatus: 'Completed',
      TrainingJobStatusCounters: { Completed: 2, NonRetryableError: 1, Stopped: 1 },
      ObjectiveStatusCounters: { Succeeded: 2, Failed: 2 },
    });
    expect(job.BestTrainingJob?.TrainingJobName).toMatch(/-004-/);
    expect(local.trials('mixed').map(({ ObjectiveStatus }) => ObjectiveStatus)).toEqual([
      'Failed',
      'Failed',
      'Succeeded',
      'Succeeded',
    ]);
    expect(local.trials('mixed', { SortBy: 'FinalObjectiveMetricValue' }).map(lossOf)).toEqual([-8, 4]);
    expect(local.trials('mixed', { SortBy: 'FinalObjectiveMetricValue', SortOrder: 'Descending' }).map(lossOf)).toEqual([4, -8]);
    expect(local.trials('mixed', { StatusEquals: 'Failed' })).toEqual([
      expect.objectContaining({ FailureReason: expect.stringContaining('exit code: 3') }),
    ]);
  });

  test.each([
    [
      'sys.exit(3)',
      3,
      'No training job succeeded after 3 attempts. Please take a look at the training job failures to get more details.',
    ],
    [
      'sys.exit(3)',
      9,
      'No training job succeeded after 5 attempts. Please take a look at the training job failures to get more details.',
    ],
    [
      'print("nothing")',
      3,
      'No objective metrics found after running 3 training jobs. Please ensure that the custom algorithm is emitting the objective metric as defined by the regular expression provided.',
    ],
  ])('where all of them are "%s", %d asked for, the search fails and says so', async (script, count, reason) => {
    local = await startTuning(script);
    local.create('vain', { config: limits(count, 1) });
    const job = await local.until('vain', isOver);
    expect(job).toMatchObject({ HyperParameterTuningJobStatus: 'Failed', FailureReason: reason });
    expect(job.BestTrainingJob).toBeUndefined();
  });
});

describe('ending', () => {
  test('a stop ends the trials, starts no other, and is final; then it can be deleted and its trials stay', async () => {
    local = await startTuning(sleeping);
    local.create('long', { config: limits(9, 2) });
    await local.until('long', running(2));
    expect(() => local.handlers.DeleteHyperParameterTuningJob({ HyperParameterTuningJobName: 'long' })).toThrow(/InProgress/);
    local.handlers.StopHyperParameterTuningJob({ HyperParameterTuningJobName: 'long' });
    expect(local.describe('long').HyperParameterTuningJobStatus).toBe('Stopping');
    const job = await local.until('long', isOver);
    expect(job).toMatchObject({
      HyperParameterTuningJobStatus: 'Stopped',
      HyperParameterTuningEndTime: expect.any(Date),
      TrainingJobStatusCounters: { Stopped: 2, InProgress: 0 },
    });
    expect(() => local.handlers.StopHyperParameterTuningJob({ HyperParameterTuningJobName: 'long' })).toThrow(
      /in status Stopped/,
    );
    local.handlers.DeleteHyperParameterTuningJob({ HyperParameterTuningJobName: 'long' });
    expect(() => local.describe('long')).toThrow("Amazon SageMaker can't find a tuning job called long. Type another name.");
    expect(local.handlers.ListTrainingJobs({}).TrainingJobSummaries).toHaveLength(2);
  });

  test('closing the cloud leaves nothing running', async () => {
    local = await startTuning(`print("pid", os.getpid(), flush=True); ${sleeping}`);
    local.create('long', { config: limits(9, 2) });
    await local.until('long', running(2));
    const names = local.trials('long').map((trial) => trial.TrainingJobName);
    for (const name of names) await waitForLine(name, 'loss: 1');
    const pids = names.flatMap((name) => local.linesOf(name)).flatMap((line) => /^pid (\d+)/.exec(line)?.[1] ?? []);
    await local.close();
    expect(pids).toHaveLength(2);
    for (const pid of pids) expect(() => process.kill(Number(pid), 0)).toThrow(/ESRCH/);
  });

  test('a target that is reached completes the search, whatever still runs', async () => {
    local = await startTuning(`if "-001-" in os.environ["TRAINING_JOB_NAME"]: print("loss: 0.1"); sys.exit(0)\n${sleeping}`);
    local.create('target', { config: { ...limits(9, 2), TuningJobCompletionCriteria: { TargetObjectiveMetricValue: 0.2 } } });
    const job = await local.until('target', isOver);
    expect(job.HyperParameterTuningJobStatus).toBe('Completed');
    expect(job.TrainingJobStatusCounters).toMatchObject({ Completed: 1, InProgress: 0 });
  });

  test('trials without improvement complete the search, too', async () => {
    local = await startTuning('print("loss: 1")');
    const criteria = { BestObjectiveNotImproving: { MaxNumberOfTrainingJobsNotImproving: 3 } };
    local.create('flat', { config: { ...limits(9, 1), TuningJobCompletionCriteria: criteria } });
    expect(await local.until('flat', isOver)).toMatchObject({
      HyperParameterTuningJobStatus: 'Completed',
      TrainingJobStatusCounters: { Completed: 4 },
      TuningJobCompletionDetails: { NumberOfTrainingJobsObjectiveNotImproving: 3 },
    });
  });

  test('a search that takes longer than it may is stopped', async () => {
    local = await startTuning(sleeping);
    local.create('limited', { config: { ResourceLimits: { MaxParallelTrainingJobs: 1, MaxRuntimeInSeconds: 1 } } });
    const job = await local.until('limited', isOver);
    expect(job).toMatchObject({
      HyperParameterTuningJobStatus: 'Stopped',
      TrainingJobStatusCounters: { Stopped: 1, InProgress: 0 },
    });
    expect(job.ConsumedResources?.RuntimeInSeconds).toBeGreaterThanOrEqual(2);
  });

  test('the median rule ends a trial that is behind, with its reason', async () => {
    local = await startTuning(`print("loss: %d" % (9 if "-004-" in os.environ["TRAINING_JOB_NAME"] else 1), flush=True)
if "-004-" in os.environ["TRAINING_JOB_NAME"]: time.sleep(60)`);
    local.create('early', { config: { ...limits(4, 1), TrainingJobEarlyStoppingType: 'Auto' } });
    const job = await local.until('early', isOver);
    expect(job).toMatchObject({
      HyperParameterTuningJobStatus: 'Completed',
      TrainingJobStatusCounters: { Completed: 3, Stopped: 1 },
    });
    const last = local.handlers.DescribeTrainingJob({ TrainingJobName: local.trials('early')[3]?.TrainingJobName });
    expect(last.SecondaryStatusTransitions?.map(({ StatusMessage }) => StatusMessage)).toContain(
      'Stopping the training job: ended by the tuning job: after 1 reports it is behind the median of 3 completed trials',
    );
  });

  test('Hyperband ends those behind at a rung, and one that goes on after all of the resource, which may still be the best', async () => {
    local = await startTuning(`number = int(os.environ["TRAINING_JOB_NAME"].split("-")[1])
for epoch in range(int(args["epochs"]) + 1):
  print("loss: %d" % number, flush=True); time.sleep(0.15)
time.sleep(60)`);
    const fixed = { epochs: '"4"', sagemaker_program: '"train.py"', sagemaker_submit_directory: '"s3://bucket/code.tar.gz"' };
    local.create('band', { config: { ...limits(2, 1), Strategy: 'Hyperband' }, definition: { StaticHyperParameters: fixed } });
    const job = await local.until('band', isOver);
    expect(job).toMatchObject({
      HyperParameterTuningJobStatus: 'Completed',
      TrainingJobStatusCounters: { Stopped: 2 },
      BestTrainingJob: { TrainingJobName: expect.stringMatching(/-001-/), TrainingJobStatus: 'Stopped' },
    });
  });
});

describe('what surrounds a search', () => {
  test('a warm start knows what its parents found, and tells the best of all when data and algorithm are the same', async () => {
    local = await startTuning(parabola);
    local.create('parent', { config: { ...limits(4, 4) } });
    await local.until('parent', isOver);
    const warm = (WarmStartType: 'IdenticalDataAndAlgorithm' | 'TransferLearning', parent = 'parent') => ({
      config: { Strategy: 'Bayesian' as const, ...limits(1, 1) },
      request: { WarmStartConfig: { WarmStartType, ParentHyperParameterTuningJobs: [{ HyperParameterTuningJobName: parent }] } },
    });
    local.create('same', warm('IdenticalDataAndAlgorithm'));
    const same = await local.until('same', isOver);
    const losses = [...local.trials('parent'), ...local.trials('same')].map((trial) => lossOf(trial) ?? Infinity);
    expect(lossOf(same.OverallBestTrainingJob)).toBe(Math.min(...losses));
    expect(local.linesOf(local.trials('same')[0]?.TrainingJobName)).toContainEqual(expect.stringContaining('Parzen'));
    local.create('other', warm('TransferLearning'));
    expect((await local.until('other', isOver)).OverallBestTrainingJob).toBeUndefined();
    expect(() => local.create('lost', warm('TransferLearning', 'nobody'))).toThrow(
      "Amazon SageMaker can't find a tuning job called nobody. Type another name.",
    );
    const data = [
      { ChannelName: 'a', DataSource: { S3DataSource: { S3DataType: 'S3Prefix' as const, S3Uri: 's3://bucket/code' } } },
    ];
    expect(() =>
      local.create('changed', { ...warm('IdenticalDataAndAlgorithm'), definition: { InputDataConfig: data } }),
    ).toThrow(/needs the InputDataConfig of the parent tuning job parent/);
  });

  test('when others use up the quota the search goes on with fewer at once', async () => {
    local = await startTuning('time.sleep(0.3); print("loss: 1")', { quotas: { 'ml.m5.large': 2 } });
    expect(() => local.create('greedy', { config: limits(4, 3) })).toThrow(
      /service limit 'ml.m5.large for training job usage' is 2 Instances/,
    );
    local.create('first', { config: limits(3, 1) });
    await local.until('first', running(1));
    expect(() => local.create('both', { config: limits(2, 2) })).toThrow(/utilization of 1 Instances/);
    local.create('second', { config: limits(2, 1) });
    expect(await local.until('first', isOver)).toMatchObject({ TrainingJobStatusCounters: { Completed: 3 } });
    expect(await local.until('second', isOver)).toMatchObject({ TrainingJobStatusCounters: { Completed: 2 } });
  });

  test('reads show a moment ago where the weather is so', async () => {
    local = await startTuning(parabola, {}, { readLagMs: 400 });
    local.create('late', { config: limits(1, 1) });
    expect(local.describe('late').TrainingJobStatusCounters?.InProgress).toBe(0);
    expect(local.trials('late')).toEqual([]);
    const job = await local.until('late', isOver);
    expect(Date.now() - Number(job.HyperParameterTuningEndTime)).toBeGreaterThanOrEqual(400);
  });

  test('lists by name, state and pages', async () => {
    local = await startTuning(parabola);
    for (const name of ['b-one', 'a-two', 'c-three']) local.create(name, { config: limits(1, 1) });
    for (const name of ['b-one', 'a-two', 'c-three']) await local.until(name, isOver);
    const list = (more: object = {}) => {
      const { HyperParameterTuningJobSummaries: found = [], NextToken } = local.handlers.ListHyperParameterTuningJobs(more);
      return [found.map(({ HyperParameterTuningJobName: name }) => name), NextToken];
    };
    expect(list()).toEqual([['a-two', 'b-one', 'c-three'], undefined]);
    expect(list({ SortBy: 'CreationTime', SortOrder: 'Descending' })[0]?.[2]).toBe('b-one');
    expect(list({ MaxResults: 2 })).toEqual([['a-two', 'b-one'], '2']);
    expect(list({ MaxResults: 2, NextToken: '2' })).toEqual([['c-three'], undefined]);
    expect(list({ NameContains: '-t' })).toEqual([['a-two', 'c-three'], undefined]);
    expect(list({ StatusEquals: 'Failed' })).toEqual([[], undefined]);
  });
});

async function waitForLine(job: string | undefined, line: string): Promise<void> {
  for (let waited = 0; waited < 20_000; waited += 20) {
    if (local.linesOf(job).includes(line)) return;
    await local.cloud.clock.sleep(20);
  }
  throw new Error(`${job} did not print ${line}: ${local.linesOf(job).join('\n')}`);
}
