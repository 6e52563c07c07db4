import { parseArgs } from 'node:util';
import { z } from 'zod';
import type { FaultRule } from '../../cloud/contract.ts';
import { type EventName, eventNames } from './event.ts';

export interface RehearseOptions {
  readonly workflow: string;
  readonly spec: string;
  readonly events: readonly EventName[];
  readonly fork: boolean;
  readonly weather: 'calm' | 'aws-like';
  readonly seed: number;
  readonly keep: boolean;
  /** The `vars` of the workflow. */
  readonly variables: Readonly<Record<string, string>>;
  readonly faults: readonly FaultRule[];
}

export const rehearseHelp = `trainyard rehearse [options]

Runs the repository's workflow on this machine, against a local cloud and a local GitHub: no account, no cost.

  --workflow FILE        the workflow (default .github/workflows/train.yml)
  --spec FILE            the spec whose bucket and roles the local cloud gets (default trainyard.yml)
  --event NAME           pull_request or push; may be repeated, events happen in the order given (default pull_request)
  --baseline             a push to main first, so that the pull request has something to be compared with
  --fork                 the pull request comes from a fork
  --weather NAME         calm (default) or aws-like: late metrics, slow states, throttles
  --seed NUMBER          of the weather's chance (default 1)
  --variable NAME=VALUE  a configuration variable (\`vars\`); a role's ARN becomes a role that this repository may assume
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
        spec: { type: 'string', default: 'trainyard.yml' },
        event: { type: 'string', multiple: true, default: ['pull_request'] },
        baseline: { type: 'boolean', default: false },
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
  const events = values.event.flatMap((name) => eventNames.find((one) => one === name) ?? []);
  const unknown = values.event.filter((name) => !eventNames.some((one) => one === name));
  for (const name of unknown) problems.push(`--event ${name}: only ${eventNames.join(' and ')} can be rehearsed.`);
  const { weather } = values;
  if (weather !== 'calm' && weather !== 'aws-like') problems.push(`--weather ${weather}: it is calm or aws-like.`);
  if (!/^\d{1,9}$/.test(values.seed)) problems.push(`--seed ${values.seed}: it is a whole number.`);
  const variables = values.variable.flatMap((pair) => readVariable(pair, problems));
  const faults = values.fault.flatMap((text) => readFault(text, problems));
  if (problems.length > 0) return { problems };
  return {
    workflow: values.workflow,
    spec: values.spec,
    events: values.baseline ? ['push', ...events] : events,
    fork: values.fork,
    weather: weather === 'aws-like' ? 'aws-like' : 'calm',
    seed: Number(values.seed),
    keep: values.keep,
    variables: Object.fromEntries(variables),
    faults,
  };
}

function readVariable(pair: string, problems: string[]): [string, string][] {
  const match = /^([A-Za-z_]\w*)=([^]*)$/.exec(pair);
  if (!match) problems.push(`--variable ${pair}: it is NAME=VALUE.`);
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
