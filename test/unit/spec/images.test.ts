import { describe, expect, test } from '@jest/globals';
import { resolveImage } from '../../../src/spec/images.ts';

const today = '2026-11-22';

describe('images', () => {
  test.each([
    ['pytorch-2.10-cpu', 'us-east-1', '763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-training:2.10.0-cpu-py313'],
    ['pytorch-2.10-gpu', 'eu-south-1', '692866216735.dkr.ecr.eu-south-1.amazonaws.com/pytorch-training:2.10.0-gpu-py313'],
    [
      'pytorch-2.13-gpu',
      'cn-north-1',
      '727897471807.dkr.ecr.cn-north-1.amazonaws.com.cn/pytorch:2.13.0-cu133-amzn2023-sagemaker',
    ],
    ['scikit-learn-1.4-2', 'us-east-1', '683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.4-2-cpu-py3'],
    ['scikit-learn-1.4-2', 'eu-west-1', '141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-scikit-learn:1.4-2-cpu-py3'],
    ['123456789012.dkr.ecr.us-east-1.amazonaws.com/mine:1', 'us-east-1', '123456789012.dkr.ecr.us-east-1.amazonaws.com/mine:1'],
  ])('%s in %s', (name, region, uri) => {
    expect(resolveImage(name, region, today)).toEqual({ uri, warnings: [] });
  });

  test.each([
    ['pytorch-2.9-cpu', '2026-10-15', []],
    ['pytorch-2.9-cpu', '2026-10-16', ['The image pytorch-2.9-cpu gets no patches since 2026-10-15.']],
    ['scikit-learn-1.4-2', '2040-01-01', []],
  ])('%s on %s warns %p', (name, day, warnings) => {
    expect(resolveImage(name, 'us-east-1', day)).toMatchObject({ warnings });
  });

  test('a typo gets the nearest name', () => {
    const problem = resolveImage('pytorch-2.10-gpus', 'us-east-1', today);
    expect(problem).toMatchObject({ name: 'image', fix: 'Write pytorch-2.10-gpu, or the full URI of an image.' });
  });

  test.each(['constructor', '__proto__', 'toString'])('%s is no image', (name) => {
    expect(resolveImage(name, 'us-east-1', today)).toMatchObject({ name: 'image' });
  });

  test('a region without the registry names those that have it', () => {
    const problem = resolveImage('scikit-learn-1.4-2', 'mars-north-1', today);
    expect(problem).toMatchObject({ message: expect.stringContaining('"mars-north-1"; it does in af-south-1') });
  });
});
