import type { ProjectChanges } from './job.ts';

/** A script whose loss has its lowest point where the learning rate is 0.05; other hyperparameters say how it goes on and ends. */
const script = `
import argparse, os, sys, time

parser = argparse.ArgumentParser()
parser.add_argument('--learning-rate', type=float, required=True)
parser.add_argument('--batch-size', required=True)
parser.add_argument('--seconds', type=float, default=0.2)
parser.add_argument('--exit-code', type=int, default=0)
parser.add_argument('--quiet', type=int, default=0)
arguments = parser.parse_args()
print('batch size', arguments.batch_size)
time.sleep(arguments.seconds)
if arguments.exit_code:
    print('the labels are missing', file=sys.stderr)
    sys.exit(arguments.exit_code)
for epoch in range(1, 4):
    if not arguments.quiet:
        print(f'test loss: {abs(arguments.learning_rate - 0.05) + 1 / epoch:.6f}')
with open(os.path.join(os.environ['SM_MODEL_DIR'], 'model'), 'w') as file:
    file.write(str(arguments.learning_rate))
`;

export interface Tune {
  /** Fixed hyperparameters of the script. */
  readonly hyperparameters?: Readonly<Record<string, number>>;
  /** Lines of `tune` instead of the usual ones, by their key; null leaves one out. */
  readonly tune?: Readonly<Record<string, string | null>>;
  /** Lines at the end of the file. */
  readonly more?: string;
}

const usual = {
  objective: 'minimize test-loss',
  ranges: "{ learning-rate: { min: 0.001, max: 0.1, scale: log }, batch-size: ['032', '064'] }",
  'max-jobs': '4',
  'max-parallel-jobs': '2',
  'instance-type': 'ml.m5.xlarge',
  'max-runtime': '5m',
};

/** A project that searches, and trains with what was found. */
export function tuning({ hyperparameters = {}, tune = {}, more = '' }: Tune = {}): ProjectChanges {
  const lines = Object.entries({ ...usual, ...tune }).flatMap(([key, value]) => (value === null ? [] : [`  ${key}: ${value}`]));
  const fixed = JSON.stringify({ 'learning-rate': 0.01, 'batch-size': '016', ...hyperparameters });
  return {
    files: { 'model/train.py': script },
    spec: (text) =>
      `${text.replace(/hyperparameters: .*/, () => `hyperparameters: ${fixed}`)}tune:\n${lines.join('\n')}\n${more}`,
  };
}
