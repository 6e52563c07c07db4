import type { InputReader } from '../../runner/ports.ts';
import { refreshComment } from '../report/refresh.ts';

/** Brings the comment up to date with what a post step has written, from the inputs of its step. */
export async function refreshAfter(inputs: InputReader, root: string): Promise<void> {
  const environment = inputs.text('environment');
  const token = inputs.text('github-token');
  const roleToAssume = inputs.text('role-to-assume');
  await refreshComment(
    {
      specPath: inputs.text('spec') ?? 'trainyard.yml',
      ...(environment === undefined ? {} : { environment }),
      ...(token === undefined ? {} : { token }),
      ...(roleToAssume === undefined ? {} : { roleToAssume }),
    },
    root,
  );
}
