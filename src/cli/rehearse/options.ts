import { parseArgs } from 'node:util';
import { z } from 'zod';
import type { FaultRule } from '../../cloud/contract.ts';
import { type EventKind, eventKinds } from './event.ts';

/** One workflow run: what happens, and the file that runs then. */
interface Play {
  readonly event: EventKind;
  readonly workflow: string;
}

export interface RehearseOptions {
  /** In the order in which they happen, all in one local cloud. */
  readonly plays: readonly Play[];
  /** The spec that the workflows read. */
  readonly spec: string;
  readonly fork: boolean;
  /** Of a run started by hand. */
  readonly inputs: Readonly<Record<string, string>>;
  /** Whether the approval that an environment asks for is refused. */
  readonly deny: boolean;
  readonly weather: 'calm' | 'aws-like';
  readonly seed: number;
  readonly keep: boolean;
  /** The `vars` of the workflow. */
  readonly variables: Readonly<Record<string, string>>;
  readonly faults: readonly FaultRule[];
}

export const rehearseHelp = `trainyard rehearse [options]

Runs the repository's workflows on this machine, against a local cloud and a local GitHub: no account, no cost.

  --workflow FILE        the workflow (default .github/workflows/train.yml)
  --spec FILE            the spec (default trainyard.yml): the workflows get it as vars.TRAINYARD_SPEC, the local cloud its
                         buckets and roles; its environment \`rehearsal\`, if it has one, as vars.TRAINYARD_ENVIRONMENT
  --event NAME[=FILE]    pull_request (default), push, tag, workflow_dispatch or schedule, of another workflow if FILE names one;
                         may be repeated: the events happen in the order given, in one cloud
  --baseline             a push to main first, so that the pull request has something to be compared with
  --release              the whole way: the pull request, the push to main, then a tag with .github/workflows/release.yml;
                         events given beside it come after that
  --deny                 refuse the approvals that environments ask for (default: the rehearsal grants them)
  --input NAME=VALUE     an input of workflow_dispatch
  --fork                 the pull request comes from a fork
  --weather NAME         calm (default) or aws-like: late metrics, slow states, throttles
  --seed NUMBER          of the weather's chance (default 1)
  --variable NAME=VALUE  a configuration variable (\`vars\`), before what --spec sets; a role's ARN becomes a role that this
                         repository may assume
  --fault JSON           a fault of the local cloud, e.g. {"id":"f1","service":"sagemaker","operation":"CreateTrainingJob",
                         "nth":1,"when":"before","effect":{"kind":"error","code":"ThrottlingException","message":"Slow down"}}
  --keep                 keep the jobs' folders and the cloud's objects

Ctrl-C cancels as GitHub does; a second Ctrl-C ends everything at once.
`;

const faultSchema: z.ZodType<FaultRule> = z.strictObject({
  id: z.string(),
  service: z.string(),
  operation: z.string(),
  nth: z.int().positive().exactOptional(),
  when: z.enum(['before', 'after']),
  effect: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('error'), code: z.string(), message: z.string(), status: z.int().exactOptional() }),
    z.strictObject({ kind: z.literal('reset') }),
    z.strictObject({ kind: z.literal('delay'), ms: z.number().nonnegative() }),
    z.strictObject({ kind: z.literal('pause') }),
  ]),
});

/** Reads the arguments; `problems` names every one that cannot be used. */
export function parseOptions(args: readonly string[]): RehearseOptions | { problems: string[] } | 'help' {
  const problems: string[] = [];
  let values;
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: {
        workflow: { type: 'string', default: '.github/workflows/train.yml' },
        spec: { type: 'string' },
        event: { type: 'string', multiple: true, default: [] },
        baseline: { type: 'boolean', default: false },
        release: { type: 'boolean', default: false },
        deny: { type: 'boolean', default: false },
        input: { type: 'string', multiple: true, default: [] },
        fork: { type: 'boolean', default: false },
        weather: { type: 'string', default: 'calm' },
        seed: { type: 'string', default: '1' },
        variable: { type: 'string', multiple: true, default: [] },
        fault: { type: 'string', multiple: true, default: [] },
        keep: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }));
  } catch (error) {
    return { problems: [error instanceof Error ? error.message : String(error)] };
  }
  if (values.help) return 'help';
  const plays = listPlays(values, problems);
  const { weather } = values;
  if (weather !== 'calm' && weather !== 'aws-like') problems.push(`--weather ${weather}: it is calm or aws-like.`);
  if (!/^\d{1,9}$/.test(values.seed)) problems.push(`--seed ${values.seed}: it is a whole number.`);
  const given = values.variable.flatMap((pair) => readPair('variable', /^([A-Za-z_]\w*)=([^]*)$/, pair, problems));
  const variables = { ...(values.spec === undefined ? {} : { [specVariable]: values.spec }), ...Object.fromEntries(given) };
  const inputs = values.input.flatMap((pair) => readPair('input', /^([A-Za-z_][\w-]*)=([^]*)$/, pair, problems));
  const faults = values.fault.flatMap((text) => readFault(text, problems));
  if (problems.length > 0) return { problems };
  return {
    plays,
    spec: variables[specVariable] || 'trainyard.yml',
    fork: values.fork,
    inputs: Object.fromEntries(inputs),
    deny: values.deny,
    weather: weather === 'aws-like' ? 'aws-like' : 'calm',
    seed: Number(values.seed),
    keep: values.keep,
    variables,
    faults,
  };
}

/** What the shipped workflows take the spec's path from. */
const specVariable = 'TRAINYARD_SPEC';
const releaseWorkflow = '.github/workflows/release.yml';

function listPlays(
  values: { workflow: string; event: string[]; baseline: boolean; release: boolean },
  problems: string[],
): readonly Play[] {
  const { workflow, event, baseline, release } = values;
  const first: Play[] = baseline ? [{ event: 'push', workflow }] : [];
  const asked = event.length > 0 || release ? event : ['pull_request'];
  const then = asked.flatMap((text) => readPlay(text, workflow, problems));
  if (!release) return [...first, ...then];
  const trained: Play[] = [...first, { event: 'pull_request', workflow }, { event: 'push', workflow }];
  return [...trained, { event: 'tag', workflow: releaseWorkflow }, ...then];
}

function readPlay(text: string, workflow: string, problems: string[]): Play[] {
  const [name = '', ...file] = text.split('=');
  const kind = eventKinds.find((one) => one === name);
  if (!kind) problems.push(`--event ${text}: only ${eventKinds.join(', ')} can be rehearsed.`);
  return kind ? [{ event: kind, workflow: file.join('=') || workflow }] : [];
}

function readPair(option: string, pattern: RegExp, pair: string, problems: string[]): [string, string][] {
  const match = pattern.exec(pair);
  if (!match) problems.push(`--${option} ${pair}: it is NAME=VALUE.`);
  return match ? [[match[1] ?? '', match[2] ?? '']] : [];
}

function readFault(text: string, problems: string[]): FaultRule[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    problems.push(`--fault ${text}: it is not JSON.`);
    return [];
  }
  const parsed = faultSchema.safeParse(value);
  if (parsed.success) return [parsed.data];
  problems.push(...parsed.error.issues.map((issue) => `--fault ${text}: ${issue.path.join('.')}: ${issue.message}`));
  return [];
}
