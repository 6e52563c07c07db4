import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Journal, VerifyWebIdentity } from '../../cloud/contract.ts';
import { createGate, type FaultGate } from '../../cloud/gate.ts';
import { startGitHub } from '../../cloud/github/start.ts';
import { createJournal } from '../../cloud/journal.ts';
import type { Clock } from '../../time/clock.ts';
import type { Cancellation } from './cancellation.ts';
import { readCloudSetup, rolesOfVariables } from './cloud-setup.ts';
import { createEvent, findMismatch, mergeCommit, pullOf, pullRequestNumber, type RunEvent } from './event.ts';
import { findNode } from './find-node.ts';
import { startGuard } from './guard.ts';
import { removeJobFolders } from './job.ts';
import type { Log } from './log.ts';
import type { RehearseOptions } from './options.ts';
import type { Graces } from './process.ts';
import { readRepository } from './repository.ts';
import type { Run } from './run.ts';
import { type JobSummary, runJobs } from './schedule.ts';
import { readWorkflow, type Workflow } from './workflow.ts';

/** Starts the local cloud; its own signature, so that tests can do without one. */
export type StartCloud = (options: {
  folder: string;
  weather: 'calm' | 'aws-like';
  seed: number;
  region: string;
  buckets: string[];
  roles: { arn: string; trust: string[] | object }[];
  verifyWebIdentity: VerifyWebIdentity;
  journal: Journal;
  gate: FaultGate;
}) => Promise<{ url: string; close(): Promise<void> }>;

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
  const setup = await readCloudSetup(facts.root, options.spec, log);
  const node = findNode(deps.productRoot);
  const results = prepareResults(facts.root);
  const temp = mkdtempSync(join(tmpdir(), 'trainyard-rehearsal-'));

  const [journal, gate, guard] = [createJournal(clock), createGate(clock), startGuard()];
  for (const fault of options.faults) gate.addFault(fault);
  const github = await startGitHub({
    journal,
    gate,
    clock,
    repository: { owner: facts.owner, name: facts.name, id: 1_000_001, ownerId: 1_001, defaultBranch: facts.defaultBranch },
    seed: {
      commits: [...facts.commits, mergeCommit(facts)],
      branches: { [facts.defaultBranch]: facts.base, [facts.branch]: facts.head },
      pulls: [pullOf(facts, actor, options.fork)],
    },
  });
  const cloud = await deps.startCloud({
    folder: join(temp, 'cloud'),
    weather: options.weather,
    seed: options.seed,
    region: setup.region,
    buckets: setup.buckets,
    roles: [...setup.roles, ...rolesOfVariables(options.variables, facts)],
    verifyWebIdentity: github.verifyWebIdentity,
    journal,
    gate,
  });
  const access = {
    url: cloud.url,
    region: setup.region,
    accessKeyId: 'LOCALCLOUD0000000001',
    secretAccessKey: 'not-a-secret-the-local-cloud-takes-any',
  };
  const runs: { event: RunEvent; jobs: JobSummary[] }[] = [];
  const shared = {
    workflow,
    facts,
    results,
    actor,
    github,
    cloud: access,
    clock,
    log,
    guard,
    node: node.path,
    productRoot: deps.productRoot,
    variables: options.variables,
    graces: deps.graces,
    cancel: deps.cancellation.cancel,
    kill: deps.cancellation.kill,
  };
  try {
    sayHead({ log, facts, options, node, cloudUrl: cloud.url });
    for (const [index, name] of options.events.entries()) {
      if (deps.cancellation.cancel.aborted) break;
      const event = createEvent(name, facts, github, pullOf(facts, actor, options.fork));
      if (!sayEvent(log, workflow, event, facts.changed)) return undefined;
      const run: Run = { ...shared, event, id: index + 1, temp: join(temp, `run-${index + 1}`) };
      runs.push({ event, jobs: await runJobs(run) });
      if (!options.keep) removeJobFolders(run);
    }
  } finally {
    await releaseAll(gate);
    await cloud.close();
    await github.close();
    guard.close();
    writeFileSync(join(results, 'journal.json'), `${JSON.stringify(journal.entries, null, 2)}\n`);
    if (options.keep) log.say(`The jobs' folders and the cloud's objects are kept in ${temp}.`);
    else rmSync(temp, { recursive: true, force: true });
  }
  const comments = github.comments(pullRequestNumber).map((comment) => comment.body);
  if (comments.length > 0) writeFileSync(join(results, 'comment.md'), `${comments.join('\n\n---\n\n')}\n`);
  return { runs, cancelled: deps.cancellation.cancel.aborted, results, comments };
}

/** Lets go what a fault still holds, so that nothing waits for a rehearsal that is over. */
async function releaseAll(gate: FaultGate): Promise<void> {
  gate.clearFaults();
  for (const { id } of await gate.held()) gate.release(id);
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

/** An empty folder that git never sees. */
function prepareResults(root: string): string {
  const results = join(root, '.trainyard', 'rehearsal');
  rmSync(results, { recursive: true, force: true });
  mkdirSync(results, { recursive: true });
  writeFileSync(join(root, '.trainyard', '.gitignore'), '*\n');
  return results;
}

function sayHead(head: {
  log: Log;
  facts: Awaited<ReturnType<typeof readRepository>>;
  options: RehearseOptions;
  node: ReturnType<typeof findNode>;
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
