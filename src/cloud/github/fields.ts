import type { z } from 'zod';
import { GitHubError } from './route.ts';

/** The body of a request by its schema; anything else is GitHub's 422, which names every field. */
export function readFields<T extends z.ZodType>(schema: T, body: unknown, resource: string): z.output<T> {
  const parsed = schema.safeParse(body ?? {}, { reportInput: true });
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.map((issue) => ({
    resource,
    field: issue.path.join('.'),
    code: issue.code === 'invalid_type' && issue.input === undefined ? 'missing_field' : 'custom',
    message: issue.message,
  }));
  throw new GitHubError(422, `Validation Failed: ${errors.map(({ message }) => message).join('; ')}`, errors);
}
