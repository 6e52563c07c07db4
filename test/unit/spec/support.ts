import { parseSpec } from '../../../src/spec/parse.ts';
import type { Problem } from '../../../src/action-error.ts';
import type { Spec } from '../../../src/spec/spec.ts';

/** Keys that make a spec complete; a test adds its own after them. */
export const base = `name: digits
code: { directory: training/digits, entry-point: train.py }
image: scikit-learn-1.4-2
`;

export function specOf(text: string, environment?: string): Spec {
  const result = parseSpec(text, 'trainyard.yml', environment);
  if ('problems' in result) throw new Error(`refused: ${JSON.stringify(result.problems, undefined, 1)}`);
  return result.spec;
}

export function problemsOf(text: string, environment?: string): Problem[] {
  const result = parseSpec(text, 'trainyard.yml', environment);
  return 'problems' in result ? result.problems : [];
}

/** `line key: message` of every problem. */
export function linesOf(text: string, environment?: string): string[] {
  return problemsOf(text, environment).map(({ name, message, where }) => `${where?.line} ${name}: ${message}`);
}
