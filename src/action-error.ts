/** What went wrong, in the terms a reader can act on. The kind decides the wording of the annotation, never the flow. */
export type ErrorKind =
  | 'input' // an input or a line of trainyard.yml
  | 'configuration' // something in the AWS account or repository is not set up
  | 'permission'
  | 'budget'
  | 'quota'
  | 'capacity'
  | 'script' // the user's own code failed
  | 'conflict' // a resource of our name that is not ours, or a concurrent change
  | 'stopped'
  | 'aws'
  | 'github';

/** The one error class. `message` says what, on which resource, and what was seen; `fix` says what to change. */
export class ActionError extends Error {
  readonly kind: ErrorKind;
  readonly fix: string;
  /** File and line the annotation points at, when the cause is a line somebody wrote. */
  readonly where: { file: string; line?: number } | undefined;
  /** Everything that is wrong, when several things were found at once; else empty. Each becomes its own annotation. */
  readonly problems: readonly Problem[];

  constructor(problem: {
    kind: ErrorKind;
    message: string;
    fix: string;
    where?: { file: string; line?: number };
    problems?: readonly Problem[];
    cause?: unknown;
  }) {
    super(problem.message, problem.cause === undefined ? undefined : { cause: problem.cause });
    this.name = 'ActionError';
    this.kind = problem.kind;
    this.fix = problem.fix;
    this.where = problem.where;
    this.problems = problem.problems ?? [];
  }
}

/** One problem among several that are reported together. */
export interface Problem {
  /** The input or key, e.g. `train.runs.single.instance-type` or `input spec`. */
  readonly name: string;
  readonly message: string;
  readonly fix: string;
  readonly where?: { file: string; line?: number };
}

/** What is wrong in one sentence, with the input or key before it unless the message begins with it. */
export function describeProblem({ name, message }: Problem): string {
  return name === '' || message.startsWith(name) ? message : `${name}: ${message}`;
}

/** Fails with all problems at once; does nothing when there are none. */
export function throwProblems(problems: readonly Problem[], kind: ErrorKind = 'input'): void {
  const [first, ...rest] = problems;
  if (!first) return;
  throw new ActionError({
    kind,
    message:
      rest.length === 0
        ? describeProblem(first)
        : `${problems.length} problems: ${problems.map((problem) => problem.name).join(', ')}`,
    fix: rest.length === 0 ? first.fix : 'Change each of them as said there.',
    ...(first.where ? { where: first.where } : {}),
    problems,
  });
}
