import type { ContinuousParameterRange, IntegerParameterRange, ParameterRanges } from '@aws-sdk/client-sagemaker';
import { refuse } from './refuse.ts';
import { chooseScale } from './scaling.ts';
import type { Range, Space } from './space.ts';

const mostRanges = 30;
/** What the service itself gives to a trial. */
const reservedName = '_tuning_objective_metric';

/** The space of a request, its ranges checked as the service does. @param fixed names of the hyperparameters that are not tuned */
export function readSpace(ranges: ParameterRanges | undefined, fixed: readonly string[]): Space {
  if (ranges?.AutoParameters?.length)
    refuse('The local cloud cannot choose ranges: it has no Autotune. Give AutoParameters ranges of their own.');
  const space: Range[] = [
    ...(ranges?.IntegerParameterRanges ?? []).map((range) => readNumbers('integer', range)),
    ...(ranges?.ContinuousParameterRanges ?? []).map((range) => readNumbers('continuous', range)),
    ...(ranges?.CategoricalParameterRanges ?? []).map(({ Name = '', Values = [] }): Range => {
      if (new Set(Values).size < Values.length) refuse(`The values of the categorical hyperparameter ${Name} are not unique.`);
      return { kind: 'categorical', name: Name, values: Values };
    }),
  ];
  checkNames(
    space.map(({ name }) => name),
    fixed,
  );
  return space;
}

function checkNames(names: readonly string[], fixed: readonly string[]): void {
  if (names.length === 0) refuse('A tuning job needs at least one hyperparameter range.');
  if (names.length > mostRanges)
    refuse(`A tuning job can have at most ${mostRanges} hyperparameter ranges; there are ${names.length}.`);
  const twice = names.find((name, place) => names.indexOf(name) < place);
  if (twice !== undefined) refuse(`The hyperparameter ${twice} has more than one range.`);
  const both = names.find((name) => fixed.includes(name));
  if (both !== undefined)
    refuse(`The hyperparameter ${both} is both static and tunable. A hyperparameter can be only one of them.`);
  if ([...names, ...fixed].includes(reservedName)) refuse(`The hyperparameter name ${reservedName} is reserved.`);
}

function readNumbers(kind: 'integer' | 'continuous', range: IntegerParameterRange | ContinuousParameterRange): Range {
  const { Name: name = '', ScalingType: scaling } = range;
  const [min, max] = [range.MinValue, range.MaxValue].map((text) => readNumber(kind, name, text ?? ''));
  if (min === undefined || max === undefined) throw new Error('A range without its ends passed the check of the model.');
  if (min > max) refuse(`The MinValue ${min} of the hyperparameter ${name} is greater than its MaxValue ${max}.`);
  const shown = `of the hyperparameter ${name} from ${min} to ${max}`;
  if (scaling === 'Logarithmic' && min <= 0)
    refuse(`Logarithmic scaling ${shown} is not possible. It works only for ranges of values greater than 0.`);
  if (scaling === 'ReverseLogarithmic' && (kind === 'integer' || min < 0 || max >= 1))
    refuse(`ReverseLogarithmic scaling ${shown} is not possible. It works only for continuous ranges within 0 <= x < 1.`);
  return { kind, name, min, max, scale: chooseScale(scaling, min, max) };
}

function readNumber(kind: 'integer' | 'continuous', name: string, text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (!Number.isFinite(value) || (kind === 'integer' && !Number.isSafeInteger(value)))
    refuse(
      `The value ${text} in the range of the hyperparameter ${name} is not ${kind === 'integer' ? 'an integer' : 'a number'}.`,
    );
  return value;
}
