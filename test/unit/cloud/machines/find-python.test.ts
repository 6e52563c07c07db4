import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { findPython, findTorchPython, type Python } from '../../../../src/cloud/machines/find-python.ts';
import { createMachinery } from '../../../../src/cloud/machines/machinery.ts';
import { createTraining } from '../../../../src/cloud/services/sagemaker/room.ts';
import { systemClock } from '../../../../src/time/clock.ts';
import { createFolderCloud, isOver, role } from '../sagemaker/local-training.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'trainyard-test-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** This machine's Python, whatever it has, and one more package. */
function pythonWith(module: string): string {
  mkdirSync(join(folder, 'packages', module), { recursive: true });
  writeFileSync(join(folder, 'packages', module, '__init__.py'), 'raise ImportError("looked for, not imported")\n');
  const command = join(folder, `python-with-${module}`);
  writeFileSync(command, `#!/bin/sh\nPYTHONPATH=${join(folder, 'packages')} exec python3 "$@"\n`, { mode: 0o755 });
  return command;
}

test('the first Python that has PyTorch is taken', async () => {
  const own = await findPython();
  expect(own.version).toMatch(/^3\.\d+/);
  const found = await findTorchPython(['/nowhere/python3', pythonWith('torch')]);
  expect(found).toEqual(own);
});

test('where none has it, the error says where it was looked for and what to install', async () => {
  // Without its packages no Python has any: -S keeps them out.
  const bare = join(folder, 'bare-python');
  writeFileSync(bare, '#!/bin/sh\nexec python3 -I -S "$@"\n', { mode: 0o755 });
  const error = await findTorchPython(['/nowhere/python3', bare]).catch(String);
  expect(error).toContain(`neither /nowhere/python3 nor ${bare}`);
  expect(error).toContain('pip install torch torchvision');
});

const torch: Python = { executable: '/opt/torch/python3', version: '3.12.1', userBase: '/opt' };

test.each([
  ['763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-training:2.6.0-cpu-py312', true],
  ['763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-inference:2.6.0-cpu-py312', true],
  ['pytorch', true],
  ['123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/pytorch-own@sha256:0123', true],
  ['683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.4-2-cpu-py3', false],
  ['123456789012.dkr.ecr.eu-west-1.amazonaws.com/pytorch/other:1', false],
  ['', false],
])('the image %j is played by a Python with PyTorch: %s', async (image, expected) => {
  const machinery = await createMachinery({ folder, clock: systemClock }, () => Promise.resolve(torch))();
  expect((await machinery.pythonFor(image)) === torch).toBe(expected);
});

test('it is looked for once, and again after it was not there', async () => {
  let asked = 0;
  const find = () => {
    asked += 1;
    return asked === 1 ? Promise.reject(new Error('install it')) : Promise.resolve(torch);
  };
  const machinery = await createMachinery({ folder, clock: systemClock }, find)();
  await expect(machinery.pythonFor('pytorch')).rejects.toThrow('install it');
  expect(await Promise.all([machinery.pythonFor('pytorch'), machinery.pythonFor('pytorch')])).toEqual([torch, torch]);
  expect(asked).toBe(2);
});

const missing = () => Promise.reject(new Error('The image needs PyTorch: install it.'));

test('a job whose image nothing here can play fails and says what to install', async () => {
  const { cloud, clock, folder: scratch } = await createFolderCloud();
  const { handlers, close } = createTraining(cloud, createMachinery(cloud, missing), {});
  handlers.CreateTrainingJob({
    TrainingJobName: 'job',
    RoleArn: role,
    AlgorithmSpecification: { TrainingImage: 'pytorch', TrainingInputMode: 'File', ContainerEntrypoint: ['python3', '-V'] },
    OutputDataConfig: { S3OutputPath: 's3://bucket/out' },
    ResourceConfig: { InstanceType: 'ml.m5.large', InstanceCount: 1, VolumeSizeInGB: 1 },
    StoppingCondition: { MaxRuntimeInSeconds: 60 },
  });
  const describe = () => handlers.DescribeTrainingJob({ TrainingJobName: 'job' });
  for (let waited = 0; !isOver(describe()) && waited < 5000; waited += 20) await clock.sleep(20);
  expect(describe()).toMatchObject({
    TrainingJobStatus: 'Failed',
    FailureReason: 'ClientError: The local cloud cannot execute this job: The image needs PyTorch: install it.',
  });
  await close();
  rmSync(scratch, { recursive: true, force: true });
});
