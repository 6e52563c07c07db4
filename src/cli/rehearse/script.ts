import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { evaluateText } from './expressions.ts';
import { runStepProcess } from './step-process.ts';
import type { StepCall, StepOutcome } from './step-call.ts';

/** The runner's shells: command, arguments around the script's file, and the file's ending. */
const shells: Record<string, { command: string; args: readonly string[]; ending: string; firstLine?: string }> = {
  default: { command: 'bash', args: ['-e', '{0}'], ending: '.sh' },
  bash: { command: 'bash', args: ['--noprofile', '--norc', '-eo', 'pipefail', '{0}'], ending: '.sh' },
  sh: { command: 'sh', args: ['-e', '{0}'], ending: '.sh' },
  python: { command: 'python3', args: ['{0}'], ending: '.py' },
};

/** A `run:` step: its text goes into a file, which the shell gets by name. */
export async function runScript(call: StepCall): Promise<StepOutcome> {
  const { state, definition, scope } = call;
  const defaults = { ...state.run.workflow.defaults?.run, ...state.definition.defaults?.run };
  const text = evaluateText(definition.run ?? '', scope);
  for (const line of text.trimEnd().split('\n')) state.log.aside(line);

  const shell = findShell(evaluateText(definition.shell ?? defaults.shell ?? 'default', scope));
  const file = join(state.temp, `${randomUUID()}${shell.ending}`);
  writeFileSync(file, `${text}\n`);
  const folder = evaluateText(definition['working-directory'] ?? defaults['working-directory'] ?? '.', scope);
  const { exitCode, outputs } = await runStepProcess(state, {
    command: shell.command,
    args: shell.args.map((argument) => argument.replaceAll('{0}', file)),
    cwd: resolve(state.workspace, folder),
    env: call.env,
    runnerEnv: { GITHUB_ACTION: call.id, ...(call.list.actionPath ? { GITHUB_ACTION_PATH: call.list.actionPath } : {}) },
    cancel: call.cancel,
  });
  if (exitCode === 0) return { ok: true, outputs };
  if (!call.cancel.aborted) state.log.annotate({ level: 'error', message: `Process completed with exit code ${exitCode}.` });
  return { ok: false, detail: `exit code ${exitCode}`, outputs };
}

function findShell(name: string) {
  const known = shells[name];
  if (known) return known;
  if (!name.includes('{0}'))
    throw new Error(`The shell ${name} cannot be rehearsed; bash, sh, python and templates with {0} can.`);
  const [command = '', ...args] = name.split(/\s+/);
  return { command, args, ending: '' };
}
