import type { Problem } from '../../action-error.ts';
import type { Log } from '../../runner/ports.ts';
import type { Spec, TrainRun } from '../../spec/spec.ts';

type Where = TrainRun['on'];

const others: Readonly<Record<Where, { readonly action: string; readonly fix: string; readonly service: string }>> = {
  sagemaker: { service: 'SageMaker', action: 'train-on-ec2', fix: 'Choose a run without `on: ec2`, or use train-on-ec2.' },
  ec2: { service: 'EC2', action: 'train-model', fix: 'Choose or add a run with `on: ec2`, or use train-model.' },
};

/** The labels this step trains: those asked for, or all; runs on the other service are another action's. */
export function chooseRuns(
  spec: Spec,
  asked: readonly string[],
  log: Log,
  on: Where = 'sagemaker',
): { labels: string[]; problems: Problem[] } {
  const runs = spec.train?.runs ?? {};
  const known = Object.keys(runs);
  if (known.length === 0)
    return { labels: [], problems: [problemOf(spec, 'train.runs', 'There is no run to train.', 'Add one under train.runs.')] };
  const unknown = asked.filter((label) => !Object.hasOwn(runs, label));
  const problems = unknown.map((label) => ({
    name: 'input runs',
    message: `There is no run ${JSON.stringify(label)} in ${spec.path}; there are ${known.join(', ')}.`,
    fix: 'Name runs of train.runs, or leave the input empty to train them all.',
  }));
  const chosen = (asked.length > 0 ? [...new Set(asked)] : known).filter((label) => Object.hasOwn(runs, label));
  const labels = chosen.filter((label) => runs[label]?.on === on);
  const elsewhere = chosen.filter((label) => runs[label]?.on !== on);
  if (elsewhere.length > 0) log.info(`Left to the action ${others[on].action}: ${elsewhere.join(', ')}.`);
  if (labels.length === 0 && problems.length === 0) {
    problems.push(problemOf(spec, 'train.runs', `None of the chosen runs trains on ${others[on].service}.`, others[on].fix));
  }
  return { labels, problems };
}

/** A problem with a key of trainyard.yml, pointing at its line. */
export function problemOf(spec: Spec, key: string, message: string, fix: string): Problem {
  const line = spec.lines[key];
  return { name: key, message, fix, where: { file: spec.path, ...(line === undefined ? {} : { line }) } };
}
