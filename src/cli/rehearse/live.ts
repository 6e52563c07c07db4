import { z } from 'zod';
import type { Deployment } from '../../cloud/github/state.ts';
import { aliases, endpointVariable } from '../../serving/names.ts';
import { type Ask, createAsk } from './ask.ts';
import type { CloudAccess } from './run.ts';

/** A payload of the spec's own, to show that live answers. */
export interface Question {
  readonly name: string;
  readonly payload: string;
}

const aliasList = z.object({ Aliases: z.array(z.object({ Name: z.string(), FunctionVersion: z.string() })) });
const configuration = z.object({ Environment: z.object({ Variables: z.record(z.string(), z.string()) }).optional() });
const endpoint = z.object({
  EndpointStatus: z.string(),
  ProductionVariants: z.array(z.object({ CurrentInstanceCount: z.number().optional() })).optional(),
});
const longestAnswer = 110;

/** What each alias of the function leads to, and what live answers; nothing where there is no such function. */
export async function describeLive(
  cloud: CloudAccess,
  functionName: string | undefined,
  question: Question | undefined,
): Promise<string[]> {
  if (functionName === undefined) return [];
  const ask = createAsk(cloud);
  const path = `/2015-03-31/functions/${functionName}`;
  const listed = await ask('lambda', 'GET', `${path}/aliases`);
  const known = aliasList.safeParse(listed.json);
  if (!known.success) return [`${functionName}  ${listed.missing ? 'nothing was released' : 'its aliases could not be read'}`];
  const found = new Map(known.data.Aliases.map(({ Name, FunctionVersion }) => [Name, FunctionVersion]));
  const lines: string[] = [];
  for (const alias of Object.values(aliases)) {
    const version = found.get(alias);
    const name = `${functionName}:${alias}`;
    if (version !== undefined) lines.push(`${name}  version ${version} → ${await describeTarget(ask, path, version)}`);
    else if (alias === aliases.live) lines.push(`${name}  nothing is live`);
  }
  if (question && found.has(aliases.live)) {
    const answer = await ask('lambda', 'POST', `${path}/invocations?Qualifier=${aliases.live}`, question.payload);
    lines.push(`${functionName}:${aliases.live}  answers "${question.name}" with ${describeAnswer(answer.json)}`);
  }
  return lines;
}

const handlerAnswer = z.object({ statusCode: z.number(), body: z.string() });

function describeAnswer(answer: unknown): string {
  const { data } = handlerAnswer.safeParse(answer);
  return clip(data ? `${data.statusCode}: ${data.body}` : (JSON.stringify(answer) ?? 'nothing'));
}

async function describeTarget(ask: Ask, path: string, version: string): Promise<string> {
  const read = configuration.safeParse((await ask('lambda', 'GET', `${path}/configuration?Qualifier=${version}`)).json);
  const name = read.data?.Environment?.Variables[endpointVariable];
  if (name === undefined) return 'an endpoint it does not name';
  const described = await ask('sagemaker', 'POST', '/', JSON.stringify({ EndpointName: name }), 'SageMaker.DescribeEndpoint');
  const state = endpoint.safeParse(described.json);
  if (!state.success) return `endpoint ${name}, ${described.missing ? 'which is not there' : 'whose state could not be read'}`;
  const instances = state.data.ProductionVariants?.[0]?.CurrentInstanceCount;
  return `endpoint ${name} (${state.data.EndpointStatus}${instances === undefined ? '' : `, ${instances} instance${instances === 1 ? '' : 's'}`})`;
}

/** Every deployment with its state, oldest first. */
export function describeDeployments(deployments: readonly Deployment[]): string[] {
  return deployments.map(({ environment, ref, sha, statuses }) => {
    const last = statuses.at(-1);
    const description = last?.description ? ` – ${last.description}` : '';
    const what = ref === sha ? sha.slice(0, 7) : `${ref} (${sha.slice(0, 7)})`;
    return `deployment of ${what} to ${environment}: ${last?.state ?? 'no status'}${description}`;
  });
}

const clip = (text: string) => (text.length > longestAnswer ? `${text.slice(0, longestAnswer)} …` : text);
