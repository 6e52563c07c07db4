import type { LocalGitHub } from '../../cloud/github/start.ts';
import type { Clock } from '../../time/clock.ts';
import type { RunEvent } from './event.ts';
import type { Guard } from './guard.ts';
import type { JobLog, Log } from './log.ts';
import type { TokenPermissions } from './permissions.ts';
import type { Graces } from './process.ts';
import type { RepositoryFacts } from './repository.ts';
import type { JobDefinition, Workflow } from './workflow.ts';

/** What one workflow run works with; shared by its jobs. */
export interface Run {
  readonly workflow: Workflow;
  readonly event: RunEvent;
  readonly id: number;
  readonly facts: RepositoryFacts;
  /** Folder of this product, whose actions `owner/trainyard/…` means. */
  readonly productRoot: string;
  /** Scratch folder of this run; jobs get their own below it. */
  readonly temp: string;
  /** Where summaries and artifacts are left for the user. */
  readonly results: string;
  readonly actor: string;
  readonly variables: Readonly<Record<string, string>>;
  /** What the rehearsal answers when an environment asks for an approval. */
  readonly approval: 'granted' | 'refused';
  /** Every summary that a step has written, oldest first. */
  readonly summaries: string[];
  readonly github: LocalGitHub;
  readonly cloud: CloudAccess;
  /** Where steps ask for downloads, so that files of the repository can play them. */
  readonly downloadsUrl: string | undefined;
  /** Path of the Node that runs actions. */
  readonly node: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly guard: Guard;
  readonly graces: Graces;
  /** The user's (or a newer run's) wish to cancel. */
  readonly cancel: AbortSignal;
  /** The end without courtesy: nothing more is started, what runs is killed. */
  readonly kill: AbortSignal;
}

/** The local cloud as a configured account: what `aws configure` would have left on a runner. */
export interface CloudAccess {
  readonly url: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export type Result = 'success' | 'failure' | 'cancelled' | 'skipped';

export interface StepResult {
  readonly outcome: Result;
  readonly conclusion: Result;
  readonly outputs: Readonly<Record<string, string>>;
}

/** One job while it runs. */
export interface JobState {
  readonly run: Run;
  readonly id: string;
  readonly definition: JobDefinition;
  readonly log: JobLog;
  readonly workspace: string;
  readonly temp: string;
  readonly trackingId: string;
  readonly token: string;
  readonly permissions: TokenPermissions;
  readonly idToken: { readonly url: string; readonly token: string } | undefined;
  /** The contexts that stay the same in the whole job: github, vars, secrets, needs, strategy, matrix, inputs. */
  readonly contexts: Readonly<Record<string, unknown>>;
  /** Of the workflow and the job, then what steps wrote to GITHUB_ENV. */
  readonly env: Record<string, string>;
  readonly path: string[];
  readonly posts: PostStep[];
  status: 'success' | 'failure' | 'cancelled';
  /** Aborts when this job is cancelled: with the run, unless its `if` holds all the same, or by its time limit. */
  readonly cancel: AbortSignal;
  /** Aborts when the job's time after a cancel is over. */
  readonly kill: AbortSignal;
}

/** Steps see each other's results inside one list: the job's, or one composite action's. */
export interface StepList {
  readonly steps: Record<string, StepResult>;
  /** Of this list alone: a composite action that failed may be forgiven by the step around it. */
  status: 'success' | 'failure';
  /** `inputs` of the composite action around the steps; in a job those of the event. */
  readonly inputs: Readonly<Record<string, unknown>> | null;
  readonly env: Readonly<Record<string, string>>;
  readonly actionPath: string | undefined;
}

export interface PostStep {
  readonly title: string;
  readonly condition: string | undefined;
  readonly run: (cancel: AbortSignal) => Promise<'success' | 'failure'>;
}
