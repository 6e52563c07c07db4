import { describe, expect, test } from '@jest/globals';
import { parseCloudArguments } from '../../../src/cli/cloud.ts';

describe('trainyard cloud', () => {
  test('reads its arguments', () => {
    const role = 'arn:aws:iam::000000000000:role/a=b=sagemaker.amazonaws.com';
    expect(
      parseCloudArguments(['--port', '4566', '--weather', 'aws-like', '--bucket', 'one', '--bucket', 'two', '--role', role]),
    ).toEqual({
      folder: undefined,
      port: 4566,
      weather: 'aws-like',
      buckets: ['one', 'two'],
      roles: [{ arn: 'arn:aws:iam::000000000000:role/a=b', trust: ['sagemaker.amazonaws.com'] }],
    });
    expect(parseCloudArguments([])).toEqual({ folder: undefined, buckets: [], roles: [] });
  });

  test('says everything that is wrong at once', () => {
    const args = [
      '--port',
      '99999',
      '--weather',
      'stormy',
      '--bucket',
      'No',
      '--role',
      'training',
      '--region',
      'mars',
      '--seed',
      'x',
    ];
    expect(parseCloudArguments(args)).toEqual({
      problems: [
        '--weather stormy: is one of calm, aws-like.',
        '--port 99999: is a number from 0 to 65535.',
        '--seed x: is a whole number.',
        '--region mars: is a region like us-east-1.',
        '--bucket No: has 3 to 63 lower-case letters, digits, dots and hyphens.',
        '--role training: is ARN=SERVICE, like arn:aws:iam::000000000000:role/training=sagemaker.amazonaws.com.',
      ],
    });
  });

  test('an option it does not have', () => {
    expect(parseCloudArguments(['--prot', '1'])).toEqual({ problems: [expect.stringContaining("'--prot'")] });
  });
});
