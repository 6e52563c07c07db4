import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readDispatchInputs } from './dispatch-inputs.ts';
import type { Log } from './log.ts';
import type { RehearseOptions } from './options.ts';
import { readWorkflow, type Workflow } from './workflow.ts';

/** A workflow, and the inputs of its start by hand. */
type Opened = { readonly workflow: Workflow; readonly inputs: Record<string, unknown> };

/** Every workflow that is to run, or undefined after saying everything that is wrong with them. */
export async function openWorkflows(root: string, { plays, inputs: given }: RehearseOptions, log: Log) {
  const opened = new Map<string, Opened>();
  let wrong = false;
  for (const path of new Set(plays.map((play) => play.workflow))) {
    const workflow = await openWorkflow(root, path, log);
    const dispatched = plays.some((play) => play.workflow === path && play.event === 'workflow_dispatch');
    const read = workflow && dispatched ? readDispatchInputs(workflow, given) : { inputs: {} };
    if ('problems' in read) for (const problem of read.problems) log.bad(`${path}: ${problem}`);
    if (workflow && 'inputs' in read) opened.set(path, { workflow, inputs: read.inputs });
    else wrong = true;
  }
  return wrong ? undefined : opened;
}

async function openWorkflow(root: string, path: string, log: Log): Promise<Workflow | undefined> {
  let text: string;
  try {
    text = readFileSync(join(root, path), 'utf8');
  } catch {
    log.bad(`There is no workflow ${path} in ${root}. Name one with --workflow or --event NAME=FILE.`);
    return undefined;
  }
  const workflow = await readWorkflow(path, text);
  if (!Array.isArray(workflow)) return workflow;
  for (const { file, line, message } of workflow) log.bad(`${file}${line === undefined ? '' : `:${line}`}: ${message}`);
  return undefined;
}
