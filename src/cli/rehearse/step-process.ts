import { randomUUID } from 'node:crypto';
import { appendFileSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findCommand, type Command } from './commands.ts';
import { parseEnvFile } from './env-file.ts';
import { stepEnvironment } from './environment.ts';
import { runProcess } from './process.ts';
import type { JobState } from './run.ts';

export interface StepProcess {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** Of the workflow, the job and the step. */
  readonly env: Readonly<Record<string, string>>;
  /** What only the runner sets, e.g. INPUT_* and STATE_*. */
  readonly runnerEnv: Readonly<Record<string, string>>;
  readonly cancel: AbortSignal;
}

export interface StepProcessResult {
  readonly exitCode: number;
  readonly outputs: Readonly<Record<string, string>>;
  readonly state: Readonly<Record<string, string>>;
}

const fileNames = ['output', 'env', 'path', 'state', 'summary'] as const;
type FileName = (typeof fileNames)[number];
const variables: Record<FileName, string> = {
  output: 'GITHUB_OUTPUT',
  env: 'GITHUB_ENV',
  path: 'GITHUB_PATH',
  state: 'GITHUB_STATE',
  summary: 'GITHUB_STEP_SUMMARY',
};
const maxSummaryBytes = 1024 * 1024;

/** Runs one process of a step with the runner's file commands, and takes over what it wrote. A bad file command fails the step. */
export async function runStepProcess(state: JobState, step: StepProcess): Promise<StepProcessResult> {
  const files = createFiles(state.temp);
  const paths = Object.fromEntries(fileNames.map((name) => [variables[name], files[name]]));
  const exitCode = await runProcess({
    command: step.command,
    args: step.args,
    cwd: step.cwd,
    env: stepEnvironment(state, step.env, { ...paths, ...step.runnerEnv }),
    onLine: createLineReader(state),
    cancel: step.cancel,
    kill: state.kill,
    graces: state.run.graces,
    guard: state.run.guard,
  });
  state.log.endGroup();
  try {
    takeEnvironment(state, files);
    takeSummary(state, files.summary);
    return { exitCode, outputs: readPairs(files.output), state: readPairs(files.state) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    state.log.annotate({ level: 'error', message: `Unable to process file command successfully. ${message}` });
    return { exitCode: exitCode === 0 ? 1 : exitCode, outputs: {}, state: {} };
  }
}

function createFiles(temp: string): Record<FileName, string> {
  const folder = join(temp, '_runner_file_commands');
  mkdirSync(folder, { recursive: true });
  const id = randomUUID();
  const path = (name: FileName) => join(folder, `${name}_${id}`);
  const files = { output: path('output'), env: path('env'), path: path('path'), state: path('state'), summary: path('summary') };
  for (const file of Object.values(files)) writeFileSync(file, '');
  return files;
}

const readPairs = (file: string): Record<string, string> => Object.fromEntries(parseEnvFile(readFileSync(file, 'utf8')));

function takeEnvironment(state: JobState, files: Record<FileName, string>): void {
  for (const [name, value] of parseEnvFile(readFileSync(files.env, 'utf8'))) {
    if (name.toUpperCase() === 'NODE_OPTIONS')
      throw new Error(`Can't store NODE_OPTIONS output parameter using '$GITHUB_ENV' command.`);
    state.env[name] = value;
  }
  const added = readFileSync(files.path, 'utf8').split('\n');
  for (const line of added) if (line.trim() !== '') state.path.unshift(line.trim());
}

function takeSummary(state: JobState, file: string): void {
  const { size } = statSync(file);
  if (size === 0) return;
  if (size > maxSummaryBytes) {
    const message = `$GITHUB_STEP_SUMMARY upload aborted, supports content up to a size of 1024k, got ${Math.ceil(size / 1024)}k.`;
    state.log.annotate({ level: 'error', message });
    return;
  }
  const summary = join(state.run.results, 'summary.md');
  mkdirSync(dirname(summary), { recursive: true });
  const text = readFileSync(file, 'utf8').trimEnd();
  appendFileSync(summary, `${text}\n\n`);
  state.run.summaries.push(text);
}

/** Turns output lines into log lines and commands. `::stop-commands::token` makes every line plain until `::token::`. */
function createLineReader(state: JobState): (line: string) => void {
  let resumeToken: string | undefined;
  return (line) => {
    const command = findCommand(line);
    if (resumeToken !== undefined) {
      if (command?.name === resumeToken) resumeToken = undefined;
      else state.log.line(line);
    } else if (command?.name === 'stop-commands') {
      resumeToken = command.message.toLowerCase();
    } else if (!command || !obey(state, command)) {
      state.log.line(line);
    }
  };
}

/** Whether the command is one the runner knows. */
function obey(state: JobState, { name, message, properties }: Command): boolean {
  switch (name) {
    case 'error':
    case 'warning':
    case 'notice': {
      const { title, file, line } = properties;
      state.log.annotate({ level: name, message, ...(title && { title }), ...(file && { file }), ...(line && { line }) });
      return true;
    }
    case 'group':
      state.log.group(message);
      return true;
    case 'endgroup':
      state.log.endGroup();
      return true;
    case 'add-mask':
      state.run.log.mask(message);
      return true;
    case 'set-output':
    case 'save-state':
    case 'set-env':
    case 'add-path':
      state.log.annotate({
        level: 'error',
        message: `::${name}:: is not supported any more; write to the runner's files instead.`,
      });
      return true;
    case 'debug':
    case 'echo':
    case 'add-matcher':
    case 'remove-matcher':
      return true;
    default:
      return false;
  }
}
