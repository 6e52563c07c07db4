import { checkServe } from './checks-serve.ts';
import { checkTrain } from './checks-train.ts';
import { checkTune } from './checks-tune.ts';
import { finding, quote } from './finding.ts';
import type { Finding, View } from './finding.ts';
import { findImageProblem } from './images.ts';
import { findNode, toVerbatim } from './tree.ts';
import type { Path, Tree } from './tree.ts';

/** What keys say about each other. `view` is the file without its wrong values; nothing here throws for what is left out. */
export function checkTogether(view: View, tree: Tree): Finding[] {
  return [
    ...checkNetwork(view),
    ...checkCode(view),
    ...checkImages(view),
    ...checkData(view),
    ...checkVerbatim(view, tree),
    ...checkTrain(view),
    ...checkTune(view, tree),
    ...checkServe(view),
  ];
}

function checkNetwork({ network }: View): Finding[] {
  if (!network || (network.subnets === undefined) === (network['security-groups'] === undefined)) return [];
  const missing = network.subnets === undefined ? 'subnets' : 'security-groups';
  return [
    finding(
      ['network', missing],
      'Subnets and security groups are needed together; it is missing.',
      `Add ${missing}, or remove the other.`,
    ),
  ];
}

function checkCode(view: View): Finding[] {
  const users = (['train', 'tune', 'serve'] as const).filter((key) => view[key] !== undefined);
  if (users.length === 0 || view.code !== undefined) return [];
  return [
    finding(['code'], `It is missing, and needed by ${users.join(' and ')}.`, 'Add code: { directory: …, entry-point: … }.'),
  ];
}

function checkImages(view: View): Finding[] {
  const runs = Object.values(view.train?.runs ?? {});
  const trains = view.tune !== undefined || runs.some((run) => run && run.on !== 'ec2');
  const found: Finding[] = [];
  if (view.image === undefined && trains) {
    found.push(
      finding(['image'], 'It is missing; SageMaker trains inside an image.', 'Add image, e.g. image: pytorch-2.10-cpu.'),
    );
  }
  if (view.serve && view.serve.image === undefined && view.image === undefined) {
    found.push(
      finding(['serve', 'image'], 'It is missing, and there is no image of the whole file either.', 'Add the image that serves.'),
    );
  }
  for (const [path, name] of [
    [['image'], view.image],
    [['serve', 'image'], view.serve?.image],
  ] as const) {
    const problem = name === undefined ? undefined : findImageProblem(name);
    if (problem) found.push(finding(path, problem.message, problem.fix));
  }
  return found;
}

function checkData(view: View): Finding[] {
  return Object.entries(view.data ?? {}).flatMap(([name, channel]) => {
    if (channel?.from === undefined) return [];
    const path = ['data', name, 'to'];
    const remote = channel.from.startsWith('https://');
    if (remote && channel.to === undefined) {
      return [
        finding(path, 'It is missing; data from an https address is staged in S3 first.', 'Add to: s3://<bucket>/<prefix>.'),
      ];
    }
    if (remote || channel.to === undefined) return [];
    const kind = channel.from.startsWith('s3://') ? 'is used where it is' : 'is uploaded by its content';
    return [finding(path, `It has no meaning here: ${quote(channel.from)} ${kind}.`, 'Remove to.')];
  });
}

/** Values that go out as text are bounded as text. */
function checkVerbatim(view: View, tree: Tree): Finding[] {
  const groups: Path[] = [
    ['hyperparameters'],
    ...Object.keys(view.train?.runs ?? {}).map((label) => ['train', 'runs', label, 'hyperparameters']),
  ];
  return groups.flatMap((group) => {
    const node = findNode(tree, group);
    if (node?.kind !== 'map') return [];
    return [...node.entries]
      .map(([name, value]) => ({ name, characters: toVerbatim(value).length }))
      .filter(({ characters }) => characters > 2500)
      .map(({ name, characters }) =>
        finding(
          [...group, name],
          `It has ${characters} characters; SageMaker takes 2500.`,
          'Shorten it, or put it in a file of the code directory.',
        ),
      );
  });
}
