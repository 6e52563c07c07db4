import { describe, expect, test } from '@jest/globals';
import models from '../../../../src/cloud/wire/models.json' with { type: 'json' };
import { modelOf } from '../../../../src/cloud/wire/model.ts';
import { validate } from '../../../../src/cloud/wire/validate.ts';

const job = {
  TrainingJobName: 'digits-1',
  RoleArn: 'arn:aws:iam::000000000000:role/training',
  AlgorithmSpecification: { TrainingImage: 'image', TrainingInputMode: 'File' },
  OutputDataConfig: { S3OutputPath: 's3://bucket/out' },
  ResourceConfig: { InstanceType: 'ml.m5.xlarge', InstanceCount: 1, VolumeSizeInGB: 5 },
  StoppingCondition: { MaxRuntimeInSeconds: 600 },
};
const check = (change: object) =>
  validate(modelOf('sagemaker'), 'CreateTrainingJob', { ...job, ...change }).map(({ text }) => text);

const compiles = (pattern: string, flags: string) => {
  try {
    return RegExp(pattern, flags) instanceof RegExp;
  } catch {
    return false;
  }
};

describe('requests against the model', () => {
  test('a legal one has nothing wrong', () => {
    expect(check({})).toEqual([]);
  });

  const cases: [what: string, change: object, texts: string[]][] = [
    [
      'a pattern',
      { TrainingJobName: 'bad_name!' },
      [
        "Value 'bad_name!' at 'trainingJobName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}",
      ],
    ],
    [
      'a required member',
      { OutputDataConfig: undefined },
      ["Value null at 'outputDataConfig' failed to satisfy constraint: Member must not be null"],
    ],
    [
      'a minimum',
      { StoppingCondition: { MaxRuntimeInSeconds: 0 } },
      [
        "Value '0' at 'stoppingCondition.maxRuntimeInSeconds' failed to satisfy constraint: Member must have value greater than or equal to 1",
      ],
    ],
    [
      'an enum inside a structure',
      { AlgorithmSpecification: { TrainingImage: 'i', TrainingInputMode: 'Filee' } },
      [
        "Value 'Filee' at 'algorithmSpecification.trainingInputMode' failed to satisfy constraint: Member must satisfy enum value set: [Pipe, File, FastFile]",
      ],
    ],
    [
      'a member of a list',
      { Tags: [{ Key: 'a', Value: 'b' }, { Key: 'c' }] },
      ["Value null at 'tags.2.member.value' failed to satisfy constraint: Member must not be null"],
    ],
    [
      'a wrong type',
      { HyperParameters: { epochs: 3 } },
      ["NUMBER_VALUE can not be converted to a String at 'hyperParameters.epochs.value'"],
    ],
    ['an unknown member', { TrainingJobNmae: 'x' }, ["Unknown member 'trainingJobNmae'"]],
  ];
  test.each(cases)('%s', (_what, change, texts) => {
    expect(check(change)).toEqual(texts);
  });

  test('an instance type that does not exist is named with all that do', () => {
    const [text] = check({ ResourceConfig: { ...job.ResourceConfig, InstanceType: 'ml.bogus' } });
    expect(text).toMatch(/^Value 'ml\.bogus' at 'resourceConfig\.instanceType' .* enum value set: \[.*ml\.m5\.xlarge/);
  });

  test('a length', () => {
    const texts = validate(modelOf('sts'), 'AssumeRole', { RoleArn: 'short', RoleSessionName: 'ab' }).map(({ text }) => text);
    expect(texts).toContain(
      "Value 'short' at 'roleArn' failed to satisfy constraint: Member must have length greater than or equal to 20",
    );
  });

  test('every pattern of the models can be checked', () => {
    const shapes = Object.values(models.services).flatMap((service) => Object.values<object>(service.shapes));
    const patterns = shapes.flatMap((shape) => ('pattern' in shape && typeof shape.pattern === 'string' ? [shape.pattern] : []));
    expect(patterns.length).toBeGreaterThan(50);
    expect(patterns.filter((pattern) => !compiles(pattern, 'u') && !compiles(pattern, ''))).toEqual([]);
  });
});
