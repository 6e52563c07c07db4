import { type Action, readAction, resolveUse } from './action.ts';
import { evaluatePostCondition, evaluateText } from './expressions.ts';
import type { PostStep, StepList, StepResult } from './run.ts';
import { stepScope } from './scope.ts';
import { standIns } from './stand-ins.ts';
import { runStepProcess } from './step-process.ts';
import { evaluateMap, type StepCall, type StepOutcome } from './step-call.ts';

type NodeAction = Extract<Action['runs'], { main: string }>;
type CompositeAction = Extract<Action['runs'], { using: 'composite' }>;

/** A `uses:` step: an action of the workspace or of this product is run; a few others have stand-ins; the rest is named and skipped. */
export async function runUse(call: StepCall): Promise<StepOutcome> {
  const { state, definition } = call;
  const uses = definition.uses ?? '';
  const given = evaluateMap(definition.with, call.scope);
  const use = resolveUse(uses, {
    workspace: state.workspace,
    productRoot: state.run.productRoot,
    standIns: Object.keys(standIns),
  });
  if (use.kind === 'action') {
    const action = readAction(use.folder);
    const inputs = readInputs(call, action, given);
    return action.runs.using === 'composite'
      ? runComposite(call, action, action.runs, inputs, use.folder)
      : runNode(call, action.runs, inputs, use.folder);
  }
  const standIn = standIns[use.name];
  if (standIn) {
    state.log.aside(`${use.name} is played by the rehearsal`);
    return { ok: true, outputs: await standIn(call, given) };
  }
  const message = `${uses} was not run: the rehearsal has no stand-in for ${use.name}. What it does on GitHub did not happen here, and it has no outputs.`;
  state.log.annotate({ level: 'warning', message });
  return { ok: true, outputs: {} };
}

/** What was given, over the defaults of action.yml, which see the same contexts as the step. */
function readInputs(call: StepCall, action: Action, given: Readonly<Record<string, string>>): Record<string, string> {
  const known = Object.keys(action.inputs ?? {});
  const lower = new Set(known.map((name) => name.toLowerCase()));
  const unexpected = Object.keys(given).filter((name) => !lower.has(name.toLowerCase()));
  if (unexpected.length > 0) {
    const message = `Unexpected input(s) ${quote(unexpected)}, valid inputs are [${quote(known)}]`;
    call.state.log.annotate({ level: 'warning', message });
  }
  const defaults = Object.entries(action.inputs ?? {}).map(([name, input]) => [
    name.toLowerCase(),
    evaluateText(String(input?.default ?? ''), call.scope),
  ]);
  return {
    ...Object.fromEntries(defaults),
    ...Object.fromEntries(Object.entries(given).map(([name, value]) => [name.toLowerCase(), value])),
  };
}

const quote = (names: readonly string[]): string => names.map((name) => `'${name}'`).join(', ');

async function runNode(
  call: StepCall,
  runs: NodeAction,
  inputs: Readonly<Record<string, string>>,
  folder: string,
): Promise<StepOutcome> {
  const { state } = call;
  for (const [name, value] of Object.entries(inputs)) if (value !== '') state.log.aside(`${name}: ${value}`);
  const variables = Object.entries(inputs).map(([name, value]) => [`INPUT_${name.replaceAll(' ', '_').toUpperCase()}`, value]);
  const runnerEnv: Record<string, string> = {
    ...Object.fromEntries(variables),
    GITHUB_ACTION: call.id,
    ...tokenEnvironment(call),
  };
  let saved: Readonly<Record<string, string>> = {};
  const execute = async (file: string, cancel: AbortSignal) => {
    const states = Object.fromEntries(Object.entries(saved).map(([name, value]) => [`STATE_${name}`, value]));
    const result = await runStepProcess(state, {
      command: state.run.node,
      args: [`${folder}/${file}`],
      cwd: state.workspace,
      env: call.env,
      runnerEnv: { ...runnerEnv, ...states },
      cancel,
    });
    saved = { ...saved, ...result.state };
    return result;
  };
  if (runs.pre)
    state.log.annotate({ level: 'warning', message: 'The `pre` of this action was not run: a rehearsal runs main and post.' });
  if (runs.post) state.posts.push(createPost(call, runs.post, runs['post-if'], execute));
  const { exitCode, outputs } = await execute(runs.main, call.cancel);
  return exitCode === 0 ? { ok: true, outputs } : { ok: false, detail: `exit code ${exitCode}`, outputs };
}

function createPost(
  call: StepCall,
  file: string,
  condition: string | undefined,
  execute: (file: string, cancel: AbortSignal) => Promise<{ exitCode: number }>,
): PostStep {
  return {
    title: `Post ${call.title}`,
    condition,
    run: async (cancel) => ((await execute(file, cancel)).exitCode === 0 ? 'success' : 'failure'),
  };
}

/** Whether a `post` is wanted as the job stands; it is by default, whatever happened. */
export function wantsPost(call: Pick<StepCall, 'state' | 'list' | 'env'>, condition: string | undefined): boolean {
  return evaluatePostCondition(condition, stepScope(call.state, call.list, call.env));
}

/** Only JavaScript actions can ask for identity tokens, and only where the job may write `id-token`. */
function tokenEnvironment(call: StepCall): Record<string, string> {
  const { idToken } = call.state;
  return idToken ? { ACTIONS_ID_TOKEN_REQUEST_URL: idToken.url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: idToken.token } : {};
}

async function runComposite(
  call: StepCall,
  action: Action,
  runs: CompositeAction,
  inputs: Readonly<Record<string, string>>,
  folder: string,
): Promise<StepOutcome> {
  const steps: Record<string, StepResult> = {};
  const list: StepList = { steps, status: 'success', inputs, env: call.env, actionPath: folder };
  const ids = runs.steps.map((step, index) => step.id ?? `${call.id}__${index + 1}`);
  const ok = await call.runSteps(call.state, runs.steps, ids, list);
  const scope = stepScope(call.state, list, call.env);
  const outputs = Object.entries(action.outputs ?? {}).map(([name, output]) => [name, evaluateText(output?.value ?? '', scope)]);
  return { ok, outputs: Object.fromEntries(outputs) };
}
