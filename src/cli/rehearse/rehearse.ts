import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../time/clock.ts';
import type { Cancellation } from './cancellation.ts';
import { type CloudSetup, readCloudSetup } from './cloud-setup.ts';
import { createEvent, findMismatch, pullOf, pullRequestNumber, type RunEvent } from './event.ts';
import { findNode } from './find-node.ts';
import type { Log } from './log.ts';
import type { RehearseOptions } from './options.ts';
import type { Graces } from './process.ts';
import { readRepository } from './repository.ts';
import type { Run } from './run.ts';
import { type JobSummary, runJobs } from './schedule.ts';
import { openStage, prepareResults, type StartCloud } from './stage.ts';
import { readWorkflow, type Workflow } from './workflow.ts';

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

export interface RehearsalResult {
  readonly runs: readonly { readonly event: RunEvent; readonly jobs: readonly JobSummary[] }[];
  readonly cancelled: boolean;
  /** Folder with what the user may want to read afterwards. */
  readonly results: string;
  /** Bodies of the pull request's comments, oldest first. */
  readonly comments: readonly string[];
}

const actor = 'developer';

/** Runs the workflow for each event in turn and leaves its traces in `.trainyard/rehearsal`. Undefined: it could not begin. */
export async function rehearse(options: RehearseOptions, deps: RehearseDeps): Promise<RehearsalResult | undefined> {
  const { log, clock } = deps;
  const facts = await readRepository(deps.folder);
  const workflow = await openWorkflow(facts.root, options.workflow, log);
  if (!workflow) return undefined;
  const setup = await readCloudSetup(facts.root, options.spec);
  const node = findNode(deps.productRoot);
  const results = prepareResults(facts.root);
  const pull = pullOf(facts, actor, options.fork);
  const stage = await openStage({ options, facts, setup, pull, results, clock, startCloud: deps.startCloud });
  const { github, guard, temp } = stage;
  const { cancel, kill } = deps.cancellation;
  const runs: { event: RunEvent; jobs: JobSummary[] }[] = [];
  try {
    sayHead({ log, facts, options, node, setup, cloudUrl: stage.cloud.url });
    const shared = {
      workflow,
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
    };
    const { productRoot, graces } = deps;
    for (const [index, name] of options.events.entries()) {
      if (cancel.aborted) break;
      const event = createEvent(name, facts, github, pull);
      if (!sayEvent(log, workflow, event, facts.changed)) return undefined;
      const folder = join(temp, `run-${index + 1}`);
      const run: Run = { ...shared, productRoot, graces, event, id: index + 1, temp: folder, variables: options.variables };
      runs.push({ event, jobs: await runJobs(run) });
      if (!options.keep) rmSync(folder, { recursive: true, force: true });
    }
  } finally {
    await stage.close();
  }
  if (options.keep) log.say(`The jobs' folders and the cloud's objects are kept in ${temp}.`);
  const comments = github.comments(pullRequestNumber).map((comment) => comment.body);
  if (comments.length > 0) writeFileSync(join(results, 'comment.md'), `${comments.join('\n\n---\n\n')}\n`);
  return { runs, cancelled: cancel.aborted, results, comments };
}

async function openWorkflow(root: string, path: string, log: Log): Promise<Workflow | undefined> {
  let text: string;
  try {
    text = readFileSync(join(root, path), 'utf8');
  } catch {
    log.bad(`There is no workflow ${path} in ${root}. Name one with --workflow.`);
    return undefined;
  }
  const workflow = await readWorkflow(path, text);
  if (!Array.isArray(workflow)) return workflow;
  for (const { file, line, message } of workflow) log.bad(`${file}${line === undefined ? '' : `:${line}`}: ${message}`);
  return undefined;
}

function sayHead(head: {
  log: Log;
  facts: Awaited<ReturnType<typeof readRepository>>;
  options: RehearseOptions;
  node: ReturnType<typeof findNode>;
  setup: CloudSetup;
  cloudUrl: string;
}): void {
  const { log, facts, options, node } = head;
  log.say(
    `Rehearsing ${options.workflow} of ${facts.owner}/${facts.name} on this machine. Nothing here costs anything or leaves it.`,
  );
  log.say(`  local cloud  ${head.cloudUrl}, weather ${options.weather}`);
  log.say(
    '  account      steps get AWS_ENDPOINT_URL, AWS_REGION and keys of the local cloud, as on a runner with a configured account',
  );
  log.say(`  Node         ${node.version} runs the actions`);
  if (!node.asOnGitHub) log.warn('GitHub runs these actions on Node 24; this Node is older.');
  if (head.setup.warning) log.warn(head.setup.warning);
  if (!facts.git) log.warn('There is no git repository here: the commits of this rehearsal are made up.');
  if (facts.dirty.length > 0) {
    log.warn(
      `${facts.dirty.length} uncommitted ${facts.dirty.length === 1 ? 'change' : 'changes'} in the working tree: the jobs see them, commit ${facts.head.slice(0, 7)} does not.`,
    );
  }
}

/** Says what starts and why GitHub would not start it; false when the workflow does not know the event. */
function sayEvent(log: Log, workflow: Workflow, event: RunEvent, changed: readonly string[]): boolean {
  const what =
    event.name === 'pull_request'
      ? `pull request #${pullRequestNumber}, ${event.headRef} → ${event.baseRef}${event.fork ? ', from a fork' : ''}`
      : `push to ${event.refName}`;
  const mismatch = findMismatch(workflow, event, changed);
  log.say();
  if (mismatch?.kind === 'missing') {
    log.bad(`${workflow.path} cannot be rehearsed for ${event.name}: ${mismatch.why}. Choose another --event.`);
    return false;
  }
  log.say(`${workflow.name ?? workflow.path}: ${what}`);
  if (mismatch) log.say(`  (On GitHub it would not start: ${mismatch.why}.)`);
  log.say();
  return true;
}
