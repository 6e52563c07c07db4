import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

export const productRoot = join(import.meta.dirname, '../..');

/** What a step left behind, as GitHub would see it. */
export interface StepOutcome {
  exitCode: number | null;
  signal: NodeJS.Signals | null;
  log: string;
  outputs: Record<string, string>;
  state: Record<string, string>;
  summary: string;
  seconds: number;
}

export interface RunningStep {
  readonly process: ChildProcess;
  readonly done: Promise<StepOutcome>;
  /** As the runner cancels: SIGINT, 7.5 s, SIGTERM, 2.5 s, SIGKILL. */
  cancel(): Promise<StepOutcome>;
}

interface StepOptions {
  /** Folder of the action below the product: '.' or 'actions/train-model'. */
  action: string;
  phase?: 'main' | 'post';
  inputs?: Record<string, string>;
  /** Values of the contexts that defaults in action.yml use. */
  token: string;
  env: Record<string, string>;
  workspace: string;
  /** A folder of this job; steps of one job share it. */
  temp: string;
  state?: Record<string, string>;
}

interface ActionFile {
  inputs?: Record<string, { default?: string }>;
  runs: { main: string; post?: string };
}

let stepNumber = 0;

/** Starts a committed action as the runner does: one Node process with inputs in the environment and files for what it says. */
export function startStep(options: StepOptions): RunningStep {
  const started = Date.now();
  const folder = join(productRoot, options.action);
  const action = parse(readFileSync(join(folder, 'action.yml'), 'utf8')) as ActionFile;
  const entry = options.phase === 'post' ? action.runs.post : action.runs.main;
  if (!entry) throw new Error(`${options.action} has no ${options.phase ?? 'main'}`);

  stepNumber += 1;
  const files = Object.fromEntries(
    ['OUTPUT', 'STATE', 'ENV', 'PATH', 'STEP_SUMMARY'].map((name) => [
      name,
      join(options.temp, `${name.toLowerCase()}-${stepNumber}`),
    ]),
  );
  mkdirSync(options.temp, { recursive: true });
  for (const file of Object.values(files)) writeFileSync(file, '');

  const child = spawn(process.execPath, [join(folder, entry)], {
    cwd: options.workspace,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: process.env['HOME'] ?? '',
      // Hundreds of steps compile the same bundle.
      ...(process.env['NODE_COMPILE_CACHE'] === undefined ? {} : { NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] }),
      LANG: 'C.UTF-8',
      CI: 'true',
      GITHUB_ACTIONS: 'true',
      GITHUB_WORKSPACE: options.workspace,
      RUNNER_TEMP: options.temp,
      ...Object.fromEntries(Object.entries(files).map(([name, file]) => [`GITHUB_${name}`, file])),
      ...inputEnvironment(action, options.inputs ?? {}, options.token),
      ...Object.fromEntries(Object.entries(options.state ?? {}).map(([name, value]) => [`STATE_${name}`, value])),
      ...options.env,
    },
  });
  let log = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (log += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text));
  const done = new Promise<StepOutcome>((resolve) => {
    child.on('close', (exitCode, signal) =>
      resolve({
        exitCode,
        signal,
        log,
        outputs: readCommandFile(files['OUTPUT'] ?? ''),
        state: readCommandFile(files['STATE'] ?? ''),
        summary: readFileSync(files['STEP_SUMMARY'] ?? '', 'utf8'),
        seconds: (Date.now() - started) / 1000,
      }),
    );
  });
  const cancel = async () => {
    const timers = [
      setTimeout(() => child.kill('SIGTERM'), 7500),
      setTimeout(() => child.pid !== undefined && process.kill(-child.pid, 'SIGKILL'), 10_000),
    ];
    child.kill('SIGINT');
    const outcome = await done;
    timers.forEach(clearTimeout);
    return outcome;
  };
  return { process: child, done, cancel };
}

function inputEnvironment(action: ActionFile, given: Record<string, string>, token: string): Record<string, string> {
  const values: Record<string, string> = {};
  for (const [name, { default: fallback = '' }] of Object.entries(action.inputs ?? {})) {
    values[name] = fallback.replace('${{ github.token }}', token).replace('${{ toJSON(matrix) }}', 'null');
  }
  Object.assign(values, given);
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [`INPUT_${name.toUpperCase().replaceAll(' ', '_')}`, value]),
  );
}

/** `name=value` and `name<<END … END` blocks, as steps write them. */
function readCommandFile(path: string): Record<string, string> {
  const values: Record<string, string> = {};
  const lines = readFileSync(path, 'utf8').split('\n');
  while (lines.length > 0) {
    const line = lines.shift() ?? '';
    const block = /^([^=<]+)<<(.+)$/.exec(line);
    if (block?.[1] && block[2]) {
      const end = lines.indexOf(block[2]);
      values[block[1]] = lines.splice(0, end).join('\n');
      lines.shift();
    } else if (line.includes('=')) {
      values[line.slice(0, line.indexOf('='))] = line.slice(line.indexOf('=') + 1);
    }
  }
  return values;
}
