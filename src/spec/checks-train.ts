import { finding, quote } from './finding.ts';
import type { Finding, Partially, View } from './finding.ts';
import { findSeconds } from './duration.ts';
import { hasGpu, wantsGpu } from './machine-images.ts';
import { findNearestInstanceType, isInstanceType } from './instance-types.ts';
import type { Written } from './schema.ts';
import type { Path } from './tree.ts';

type WrittenRun = NonNullable<Written['train']>['runs'][string];
type Run = Partially<WrittenRun>;

const days28 = 28 * 86_400;

export function checkTrain({ train, hyperparameters, image, network }: View): Finding[] {
  const found = checkMaxRuntime(['train', 'max-runtime'], train?.['max-runtime']);
  for (const [label, run] of Object.entries(train?.runs ?? {})) {
    if (!run) continue;
    const path = ['train', 'runs', label];
    found.push(...checkTypes(path, run), ...checkMaxRuntime([...path, 'max-runtime'], run['max-runtime']));
    found.push(
      ...checkSpot(path, run, run['max-runtime'] ?? train?.['max-runtime']),
      ...checkKeepAlive(path, run),
      ...checkEc2(path, run, { image, isolation: network?.isolation }),
    );
    const together = new Set([...Object.keys(hyperparameters ?? {}), ...Object.keys(run.hyperparameters ?? {})]).size;
    if (run.hyperparameters && together > 100) {
      found.push(
        finding(
          [...path, 'hyperparameters'],
          `Together with those of the file there are ${together}; SageMaker takes 100.`,
          'Remove some.',
        ),
      );
    }
  }
  return found;
}

/** One image serves all types of a run: with GPUs, or without. */
function checkMachineTypes(path: Path, run: Run, image: string | undefined): Finding[] {
  const written = run['instance-type'];
  const types = (typeof written === 'string' ? [written] : (written ?? [])).filter((type) => type !== undefined);
  const key = [...path, 'instance-type'];
  const without = types.filter((type) => hasGpu(type) === false);
  const withOne = types.filter((type) => hasGpu(type) === true);
  if (wantsGpu(image) && without.length > 0) {
    return [
      finding(
        key,
        `The image ${image} is for machines with a GPU, and ${without.join(', ')} has none.`,
        'Write a type with a GPU such as g4dn.xlarge, or an image for CPUs such as pytorch-2.13-cpu.',
      ),
    ];
  }
  if (without.length === 0 || withOne.length === 0) return [];
  const message = `${withOne.join(', ')} has a GPU and ${without.join(', ')} has none: one machine image does not fit both.`;
  return [finding(key, message, 'Write types of one kind in the list, and a second run for the other.')];
}

/** The time limit a service has, 28 days. */
export function checkMaxRuntime(path: Path, written: string | undefined): Finding[] {
  const seconds = findSeconds(written);
  return seconds !== undefined && seconds > days28
    ? [finding(path, `It is ${written}; SageMaker ends every job after 28d.`, 'Write 28d or less.')]
    : [];
}

function checkTypes(path: Path, run: Run): Finding[] {
  const written = run['instance-type'];
  const key = [...path, 'instance-type'];
  if (typeof written === 'string') return checkType(key, written, run.on);
  const found: Finding[] = [];
  for (const [index, type] of (written ?? []).entries()) {
    if (type === undefined) continue;
    found.push(...checkType([...key, index], type, run.on));
    if (written?.indexOf(type) !== index) found.push(finding([...key, index], `${type} is in the list twice.`, 'Remove one.'));
  }
  return found;
}

function checkType(path: Path, type: string, on: 'sagemaker' | 'ec2' | undefined): Finding[] {
  if (on !== 'ec2') return checkSageMakerType(path, type, 'training');
  if (!type.startsWith('ml.')) return [];
  return [
    finding(path, `${quote(type)} is a SageMaker type; EC2's have no ml. in front.`, `Write ${type.slice(3)}, or on: sagemaker.`),
  ];
}

/** An instance type must be one of those the API lists for the use. */
export function checkSageMakerType(path: Path, type: string, use: 'training' | 'hosting'): Finding[] {
  if (isInstanceType(type, use)) return [];
  const nearest = findNearestInstanceType(type, use);
  const message = `SageMaker has no instance type ${quote(type)} for ${use}.${nearest ? ` Did you mean ${nearest}?` : ''}`;
  return [finding(path, message, nearest ? `Write ${nearest}.` : 'Write a type such as ml.m5.xlarge.')];
}

function checkSpot(path: Path, run: Run, maxRuntime: string | undefined): Finding[] {
  const key = [...path, 'max-wait'];
  if (run['max-wait'] !== undefined && run.spot !== true) {
    return [finding(key, 'It has a meaning for spot runs only.', 'Remove it, or add spot: true.')];
  }
  if (run.spot !== true || run.on === 'ec2') return [];
  if (run['max-wait'] === undefined) {
    return [
      finding(
        key,
        'It is missing; a spot run needs the time for waiting and training together.',
        `Add max-wait of ${maxRuntime ?? 'max-runtime'} or more.`,
      ),
    ];
  }
  const [wait, runtime] = [findSeconds(run['max-wait']), findSeconds(maxRuntime)];
  if (wait === undefined || runtime === undefined || wait >= runtime) return [];
  return [
    finding(
      key,
      `It is ${run['max-wait']}, less than max-runtime (${maxRuntime}); it holds waiting and training together.`,
      `Write ${maxRuntime} or more.`,
    ),
  ];
}

function checkKeepAlive(path: Path, run: Run): Finding[] {
  const seconds = findSeconds(run['keep-alive']);
  const key = [...path, 'keep-alive'];
  if (seconds === undefined) return [];
  if (run.spot === true) return [finding(key, 'Spot machines cannot be kept warm.', 'Remove keep-alive or spot.')];
  return seconds > 21_600
    ? [finding(key, `It is ${run['keep-alive']}; SageMaker keeps machines warm for 6h at most.`, 'Write 6h or less.')]
    : [];
}

interface Around {
  readonly image: string | undefined;
  readonly isolation: boolean | undefined;
}

function checkEc2(path: Path, run: Run, { image, isolation }: Around): Finding[] {
  if (run.on !== 'ec2') return [];
  const found = checkMachineTypes(path, run, image);
  if (isolation === true) {
    found.push(
      finding(
        [...path, 'on'],
        'Machines of EC2 cannot be isolated: they fetch code and data and tell of their work by the network.',
        'Remove network.isolation, or write on: sagemaker.',
      ),
    );
  }
  if (run['max-wait'] !== undefined && run.spot === true) {
    found.push(
      finding([...path, 'max-wait'], 'A spot run on EC2 waits for nothing: it falls back to on demand.', 'Remove max-wait.'),
    );
  }
  if (run['instance-count'] !== undefined && run['instance-count'] > 1) {
    found.push(
      finding(
        [...path, 'instance-count'],
        `It is ${run['instance-count']}; a run on EC2 has one machine.`,
        'Write 1, or on: sagemaker.',
      ),
    );
  }
  if (run['keep-alive'] !== undefined) {
    found.push(
      finding([...path, 'keep-alive'], 'Machines of EC2 are ended after the run.', 'Remove it, or write on: sagemaker.'),
    );
  }
  return found;
}
