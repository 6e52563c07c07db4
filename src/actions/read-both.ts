import { ActionError, type Problem, throwProblems } from '../action-error.ts';
import type { InputReader } from '../runner/ports.ts';
import { readSpec } from '../spec/read.ts';
import type { Spec } from '../spec/spec.ts';

/** Inputs and spec of a step; what is wrong with either is told at once. */
export async function readBoth<Inputs>(
  readInputs: (reader: InputReader) => Inputs,
  reader: InputReader,
): Promise<{ inputs: Inputs; spec: Spec }> {
  const problems: Problem[] = [];
  const collect = (error: unknown): undefined => {
    if (!(error instanceof ActionError)) throw error;
    const { message, fix, where } = error;
    problems.push(
      ...(error.problems.length > 0 ? error.problems : [{ name: 'spec', message, fix, ...(where ? { where } : {}) }]),
    );
    return undefined;
  };
  const inputs = await Promise.resolve(reader).then(readInputs).catch(collect);
  const spec = await readSpec(reader.text('spec') ?? 'trainyard.yml', { environment: reader.text('environment') }).catch(collect);
  throwProblems(problems);
  if (!inputs || !spec) throw new Error('Inputs or spec were refused without a reason.');
  return { inputs, spec };
}
