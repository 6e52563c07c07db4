import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../time/clock.ts';
import type { Cancellation } from './cancellation.ts';
import { readCloudSetup } from './cloud-setup.ts';
import { createEvent, pullOf, pullRequestNumber, type RunEvent } from './event.ts';
import { findNode } from './find-node.ts';
import { sayEvent, sayHead } from './head.ts';
import { describeDeployments, describeLive } from './live.ts';
import type { Log } from './log.ts';
import { openWorkflows } from './open-workflows.ts';
import type { RehearseOptions } from './options.ts';
import type { Graces } from './process.ts';
import { readRepository } from './repository.ts';
import type { Run } from './run.ts';
import { type JobSummary, runJobs } from './schedule.ts';
import { openStage, prepareResults, type StartCloud } from './stage.ts';

export interface RehearseDeps {
  /** Where the command was called. */
  readonly folder: string;
  /** Folder of this product. */
  readonly productRoot: string;
  readonly log: Log;
  readonly clock: Clock;
  readonly startCloud: StartCloud;
  readonly graces: Graces;
  readonly cancellation: Cancellation;
}

/** One workflow run and what came of it. */
interface Played {
  readonly event: RunEvent;
  readonly workflow: string;
  readonly jobs: readonly JobSummary[];
  /** What its last step with a summary wrote. */
  readonly summary: string | undefined;
}

export interface RehearsalResult {
  readonly runs: readonly Played[];
  readonly cancelled: boolean;
  /** Folder with what the user may want to read afterwards. */
  readonly results: string;
  /** Bodies of the pull request's comments, oldest first. */
  readonly comments: readonly string[];
  /** What the account and GitHub say of releases at the end, line by line. */
  readonly live: readonly string[];
}

const actor = 'developer';
/** What the shipped workflows take the spec's environment from. */
const environmentVariable = 'TRAINYARD_ENVIRONMENT';

/** Runs the workflows for each event in turn and leaves their traces in `.trainyard/rehearsal`. Undefined: it could not begin. */
export async function rehearse(options: RehearseOptions, deps: RehearseDeps): Promise<RehearsalResult | undefined> {
  const { log, clock } = deps;
  const facts = await readRepository(deps.folder);
  const workflows = await openWorkflows(facts.root, options, log);
  if (!workflows) return undefined;
  const setup = await readCloudSetup(facts.root, options.spec, options.variables[environmentVariable]);
  const node = findNode(deps.productRoot);
  const results = prepareResults(facts.root);
  const pull = pullOf(facts, actor, options.fork);
  const stage = await openStage({ options, facts, setup, pull, results, clock, startCloud: deps.startCloud });
  const { github, guard, temp } = stage;
  const { cancel, kill } = deps.cancellation;
  const runs: Played[] = [];
  let live: string[] = [];
  try {
    sayHead({ log, facts, options, node, setup, cloudUrl: stage.cloud.url });
    const shared = {
      facts,
      results,
      actor,
      github,
      guard,
      cloud: stage.cloud,
      node: node.path,
      clock,
      log,
      cancel,
      kill,
      productRoot: deps.productRoot,
      graces: deps.graces,
      variables: { ...options.variables, ...(setup.environment ? { [environmentVariable]: setup.environment } : {}) },
      downloadsUrl: stage.downloadsUrl,
      approval: options.deny ? 'refused' : 'granted',
    } as const;
    for (const [index, { event: kind, workflow: path }] of options.plays.entries()) {
      if (cancel.aborted) break;
      const { workflow, inputs } = workflows.get(path) ?? never(path);
      const tag = tagName(options.plays, index);
      const event = createEvent({ kind, facts, github, pull, tag, inputs, workflow });
      if (kind === 'tag') github.state.tags.set(tag, event.sha);
      if (!sayEvent(log, workflow, event, facts.changed)) return undefined;
      const folder = join(temp, `run-${index + 1}`);
      const run: Run = { ...shared, workflow, event, id: index + 1, temp: folder, summaries: [] };
      const jobs = await runJobs(run);
      runs.push({ event, workflow: path, jobs, summary: run.summaries.at(-1) });
      if (!options.keep) rmSync(folder, { recursive: true, force: true });
    }
    if (options.plays.some(({ event }) => event !== 'pull_request' && event !== 'push') && !kill.aborted)
      live = await describeLive(stage.cloud, setup.functionName, setup.question);
    live.push(...describeDeployments(github.deployments));
  } finally {
    await stage.close();
  }
  if (options.keep) log.say(`The jobs' folders and the cloud's objects are kept in ${temp}.`);
  const comments = github.comments(pullRequestNumber).map((comment) => comment.body);
  if (comments.length > 0) writeFileSync(join(results, 'comment.md'), `${comments.join('\n\n---\n\n')}\n`);
  return { runs, cancelled: cancel.aborted, results, comments, live };
}

/** `v0.0.0-rehearsal`, and for further tags of the same rehearsal `v0.0.0-rehearsal.2` … */
function tagName(plays: RehearseOptions['plays'], index: number): string {
  const before = plays.slice(0, index).filter(({ event }) => event === 'tag').length;
  return `v0.0.0-rehearsal${before === 0 ? '' : `.${before + 1}`}`;
}

function never(path: string): never {
  throw new Error(`The workflow ${path} was not read.`);
}
