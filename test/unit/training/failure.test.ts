import { describe, expect, test } from '@jest/globals';
import { explainFailure } from '../../../src/training/failure.ts';

const explain = (reason: string, logTail: string[] = []) =>
  explainFailure({ reason, logTail, instanceType: 'ml.g5.xlarge', entryPoint: 'train.py' });

test.each([
  [
    'CapacityError: Unable to provision requested ML compute capacity. Please retry using a different ML instance type.',
    'capacity',
    'no capacity for ml.g5.xlarge',
    'further instance types',
  ],
  [
    "ResourceLimitExceeded: The account-level service limit 'ml.g5.xlarge for training job usage' is 0 Instances",
    'quota',
    'quota for ml.g5.xlarge',
    '"ml.g5.xlarge for training job usage"',
  ],
  [
    'ClientError: Data download failed: No S3 objects found under S3 URL "s3://b/x" given in input data source',
    'input',
    's3://b/x',
    'under data',
  ],
  ['ClientError: Access denied when calling s3:GetObject', 'permission', 'Access denied', 'roles.training'],
  ['ClientError: CannotPullContainerError: not found', 'input', 'could not be started', 'image in trainyard.yml'],
  ['InternalServerError: We encountered an internal error. Please try again.', 'aws', 'internal error', 'Run it again'],
  ['AlgorithmError: , exit code: 3', 'script', 'exited with code 3.', 'Correct train.py'],
  ['AlgorithmError: , exit code: 137', 'script', 'out of memory', 'more memory'],
  ['', 'aws', 'no reason', 'AWS console'],
  ['Something new', 'aws', 'Something new', 'AWS console'],
])('%s', (reason, kind, sentence, fix) => {
  const failure = explain(reason);
  expect(failure.kind).toBe(kind);
  expect(failure.sentence).toContain(sentence);
  expect(failure.fix).toContain(fix);
});

describe('a script', () => {
  test('is explained by its exception', () => {
    const failure = explain('AlgorithmError: , exit code: 1', [
      'Traceback (most recent call last):',
      '  File "train.py"',
      'ValueError: 133 classes, 132 folders',
      'cleaning up',
    ]);
    expect(failure.sentence).toBe('train.py exited with code 1: ValueError: 133 classes, 132 folders.');
  });

  test('is explained by the line the launcher put first', () => {
    const reason = 'AlgorithmError: argument --epochs: 0 is too few\ntrain.py ended with exit code 2.\n…, exit code: 2';
    expect(explain(reason, ['OSError: connection lost']).sentence).toBe(
      'train.py exited with code 2: argument --epochs: 0 is too few.',
    );
  });

  test.each(['ExecuteUserScriptError:\nExitCode 1, exit code: 1', 'train.py ended with exit code 1., exit code: 1'])(
    'is not explained by a heading: %s',
    (reason) => {
      expect(explain(`AlgorithmError: ${reason}`, ['KeyError: 3']).sentence).toBe('train.py exited with code 1: KeyError: 3.');
    },
  );

  test('that lacks a module is told where to add it', () => {
    const failure = explain('AlgorithmError: , exit code: 1', ["ModuleNotFoundError: No module named 'pandas'"]);
    expect(failure.fix).toContain('requirements.txt beside train.py');
  });

  test('cannot pass its own words off as the service', () => {
    for (const words of ['AccessDenied: pretend', 'CapacityError', 'docker image', 'InternalServerError', 'No S3 objects found'])
      expect(explain(`AlgorithmError: ${words}, exit code: 1`).kind).toBe('script');
  });

  test('is quoted at a readable length', () => {
    expect(explain('AlgorithmError: exit code: 1', [`ValueError: ${'x'.repeat(9_000)}`]).sentence.length).toBeLessThan(400);
  });
});
