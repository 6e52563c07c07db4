import { z } from 'zod';
import { ActionError } from '../action-error.ts';
import type { RunContext } from '../records/context.ts';

const side = z.object({ sha: z.string(), ref: z.string(), repo: z.object({ id: z.number() }).nullish() });

/** The parts of GitHub's webhook payloads that are read; everything else passes by. */
const payload = z.object({
  repository: z.object({ default_branch: z.string().optional() }).optional(),
  pull_request: z.object({ number: z.number().int().positive(), title: z.string(), head: side, base: side }).optional(),
});

type PullRequestPayload = NonNullable<z.infer<typeof payload>['pull_request']>;

/**
 * Where this run comes from, by the runner's environment and the event's payload.
 * @param readFile reads GITHUB_EVENT_PATH as text
 * @param matrix the input `matrix`: the `matrix` context as JSON
 */
export async function readContext(
  env: NodeJS.ProcessEnv,
  readFile: (path: string) => Promise<string>,
  matrix = 'null',
): Promise<RunContext> {
  const get = (name: string) => env[name] || fail(`The variable ${name} is not set.`);
  const event = get('GITHUB_EVENT_NAME');
  const { repository, pull_request: pullRequest } = await readPayload(get('GITHUB_EVENT_PATH'), readFile);
  const [owner = '', name = ''] = get('GITHUB_REPOSITORY').split('/');
  const defaultBranch = repository?.default_branch ?? (event === 'schedule' ? get('GITHUB_REF_NAME') : undefined);
  return {
    repository: { id: get('GITHUB_REPOSITORY_ID'), owner, name },
    serverUrl: get('GITHUB_SERVER_URL').replace(/\/+$/, ''),
    event,
    commit: pullRequest?.head.sha ?? get('GITHUB_SHA'),
    ref: get('GITHUB_REF'),
    defaultBranch: defaultBranch ?? fail("The event's payload does not name the repository's default branch."),
    actor: get('GITHUB_ACTOR'),
    ...(pullRequest ? { pullRequest: readPullRequest(pullRequest) } : {}),
    workflow: {
      name: get('GITHUB_WORKFLOW'),
      runId: get('GITHUB_RUN_ID'),
      attempt: readAttempt(get('GITHUB_RUN_ATTEMPT')),
      job: get('GITHUB_JOB'),
      step: get('GITHUB_ACTION'),
      matrix: matrix || 'null',
    },
  };
}

function readPullRequest({ number, title, head, base }: PullRequestPayload): NonNullable<RunContext['pullRequest']> {
  // A fork that has been deleted since has no repository any more.
  const fork = head.repo?.id !== base.repo?.id;
  return { number, title, headRef: head.ref, baseRef: base.ref, baseCommit: base.sha, fork };
}

async function readPayload(path: string, readFile: (path: string) => Promise<string>): Promise<z.infer<typeof payload>> {
  let text: string;
  try {
    text = await readFile(path);
  } catch (error) {
    return fail(
      `The event's payload at GITHUB_EVENT_PATH cannot be read: ${error instanceof Error ? error.message : String(error)}.`,
    );
  }
  const parsed = payload.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  const where = parsed.error.issues.map((issue) => issue.path.join('.') || 'the whole').join(', ');
  return fail(`The event's payload at GITHUB_EVENT_PATH is not as GitHub writes it: ${where}.`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function readAttempt(text: string): number {
  const attempt = Number(text);
  return Number.isInteger(attempt) && attempt > 0
    ? attempt
    : fail(`GITHUB_RUN_ATTEMPT is ${JSON.stringify(text)}, no whole number from 1.`);
}

function fail(message: string): never {
  throw new ActionError({
    kind: 'configuration',
    message,
    fix: 'Run this action in a job of GitHub Actions, or with trainyard rehearse.',
  });
}
