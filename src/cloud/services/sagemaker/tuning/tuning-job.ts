import type {
  CreateHyperParameterTuningJobRequest,
  HyperParameterTrainingJobDefinition,
  HyperParameterTuningJobStatus,
} from '@aws-sdk/client-sagemaker';
import type { Clock } from '../../../../time/clock.ts';
import type { Job } from '../job.ts';
import { createBell, type Bell } from './bell.ts';
import type { Observation } from './parzen.ts';
import type { Point, Random, Space, Values } from './space.ts';
import type { StopRule } from './stop-rules.ts';
import type { Strategy } from './suggest.ts';

/** What a tuning job does, as it was read from its request. */
export interface TuningPlan {
  readonly strategy: Strategy;
  readonly definition: HyperParameterTrainingJobDefinition;
  readonly space: Space;
  readonly objective: { readonly metric: string; readonly goal: 'Minimize' | 'Maximize' };
  readonly maxJobs: number;
  readonly maxParallel: number;
  /** Reports of the objective after which a trial that goes on is ended; of Hyperband alone. */
  readonly maxResource?: number;
  readonly stopRule?: StopRule;
  /** Whom the rule measures a trial by. */
  readonly measuredBy: 'all' | 'completed';
  readonly parents: readonly TuningJob[];
  /** Trials of the parents, where they lie in this space. */
  readonly known: readonly Observation[];
}

/** One training job of a search. */
export interface Trial {
  readonly job: Job;
  readonly point: Point;
  readonly values: Values;
  /** Every value of the objective in its log, in order, turned so that less is better. */
  readonly losses: number[];
  /** The search ended it: it fell behind, or it had all of Hyperband's resource. */
  endedAs?: 'behind' | 'whole';
}

interface TuningState {
  readonly status: HyperParameterTuningJobStatus;
  readonly modified: Date;
  readonly ended?: Date;
  readonly failureReason?: string;
  readonly convergedAt?: Date;
}

/** A tuning job as the cloud keeps it. Only `changeTuning` changes its state. */
export interface TuningJob {
  readonly name: string;
  readonly arn: string;
  readonly request: CreateHyperParameterTuningJobRequest;
  readonly plan: TuningPlan;
  readonly created: Date;
  readonly tags: Map<string, string>;
  readonly random: Random;
  /** In the order of their creation. */
  readonly trials: Trial[];
  /** The last is the present. */
  readonly history: { readonly atMs: number; readonly state: TuningState }[];
  /** Aborted when it shall end from outside. */
  readonly end: AbortController;
  /** Rung whenever the search has something to decide. */
  readonly bell: Bell;
}

export function createTuningJob(
  request: CreateHyperParameterTuningJobRequest,
  more: Pick<TuningJob, 'arn' | 'plan' | 'random'>,
  clock: Clock,
): TuningJob {
  const created = clock.now();
  return {
    ...more,
    name: request.HyperParameterTuningJobName ?? '',
    request,
    created,
    tags: new Map((request.Tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value])),
    trials: [],
    history: [{ atMs: created.getTime(), state: { status: 'InProgress', modified: created } }],
    end: new AbortController(),
    bell: createBell(),
  };
}

export function stateOf({ history }: TuningJob): TuningState {
  const last = history.at(-1);
  if (!last) throw new Error('A tuning job without a state.');
  return last.state;
}

export function changeTuning(tuning: TuningJob, clock: Clock, change: Partial<TuningState>): void {
  const now = clock.now();
  tuning.history.push({ atMs: now.getTime(), state: { ...stateOf(tuning), ...change, modified: now } });
}

export function isTuningOver(tuning: TuningJob): boolean {
  return ['Completed', 'Failed', 'Stopped'].includes(stateOf(tuning).status);
}
