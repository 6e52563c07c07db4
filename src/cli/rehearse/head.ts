import type { CloudSetup } from './cloud-setup.ts';
import { describeEvent, type RunEvent } from './event.ts';
import type { findNode } from './find-node.ts';
import type { Log } from './log.ts';
import { findMismatch } from './mismatch.ts';
import type { RehearseOptions } from './options.ts';
import type { readRepository } from './repository.ts';
import type { Workflow } from './workflow.ts';

/** What is about to be rehearsed, and in what way it is not as on GitHub. */
export function sayHead(head: {
  log: Log;
  facts: Awaited<ReturnType<typeof readRepository>>;
  options: RehearseOptions;
  node: ReturnType<typeof findNode>;
  setup: CloudSetup;
  cloudUrl: string;
}): void {
  const { log, facts, options, node } = head;
  const names = [...new Set(options.plays.map(({ workflow }) => workflow))].join(' and ');
  log.say(`Rehearsing ${names} of ${facts.owner}/${facts.name} on this machine. Nothing here costs anything or leaves it.`);
  log.say(`  local cloud  ${head.cloudUrl}, weather ${options.weather}`);
  log.say(
    '  account      steps get AWS_ENDPOINT_URL, AWS_REGION and keys of the local cloud, as on a runner with a configured account',
  );
  log.say(`  spec         ${describeSpec(options, head.setup)}`);
  for (const { url, file } of head.setup.downloads) {
    const name = url.pathname.split('/').at(-1);
    log.say(`  download     ${file ? `${name} is played by ${file}` : `${url.host}${url.pathname}, from the internet`}`);
  }
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

/** The spec, and what is laid over it, with the variables that tell the workflows. */
function describeSpec({ spec, variables }: RehearseOptions, { environment }: CloudSetup): string {
  const path = variables['TRAINYARD_SPEC'] ? `${spec} (vars.TRAINYARD_SPEC)` : spec;
  return environment ? `${path} with its environment ${environment} (vars.TRAINYARD_ENVIRONMENT)` : path;
}

/** Says what starts and why GitHub would not start it; false when the workflow does not know the event. */
export function sayEvent(log: Log, workflow: Workflow, event: RunEvent, changed: readonly string[]): boolean {
  const mismatch = findMismatch(workflow, event, changed);
  log.say();
  if (mismatch?.kind === 'missing') {
    log.bad(`${workflow.path} cannot be rehearsed for ${event.kind}: ${mismatch.why}. Choose another --event.`);
    return false;
  }
  log.say(`${workflow.name ?? workflow.path}: ${describeEvent(event)}`);
  if (mismatch) log.say(`  (On GitHub it would not start: ${mismatch.why}.)`);
  log.say();
  return true;
}
