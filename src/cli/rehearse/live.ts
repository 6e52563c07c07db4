import { z } from 'zod';
import type { Deployment } from '../../cloud/github/state.ts';
import { aliases, endpointVariable } from '../../serving/names.ts';
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
  const known = aliasList.safeParse(await ask('lambda', 'GET', `${path}/aliases`));
  if (!known.success) return [`no function ${functionName}: nothing was released`];
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
    lines.push(`${functionName}:${aliases.live}  answers "${question.name}" with ${describeAnswer(answer)}`);
  }
  return lines;
}

const handlerAnswer = z.object({ statusCode: z.number(), body: z.string() });

function describeAnswer(answer: unknown): string {
  const { data } = handlerAnswer.safeParse(answer);
  return clip(data ? `${data.statusCode}: ${data.body}` : (JSON.stringify(answer) ?? 'nothing'));
}

async function describeTarget(ask: Ask, path: string, version: string): Promise<string> {
  const read = configuration.safeParse(await ask('lambda', 'GET', `${path}/configuration?Qualifier=${version}`));
  const name = read.data?.Environment?.Variables[endpointVariable];
  if (name === undefined) return 'an endpoint it does not name';
  const state = endpoint.safeParse(
    await ask('sagemaker', 'POST', '/', JSON.stringify({ EndpointName: name }), 'SageMaker.DescribeEndpoint'),
  );
  if (!state.success) return `endpoint ${name}, which is not there`;
  const instances = state.data.ProductionVariants?.[0]?.CurrentInstanceCount;
  return `endpoint ${name} (${state.data.EndpointStatus}${instances === undefined ? '' : `, ${instances} instance${instances === 1 ? '' : 's'}`})`;
}

type Ask = (service: string, method: string, path: string, body?: string, target?: string) => Promise<unknown>;

/** The local cloud reads the service out of a signature and does not check it, so plain requests do. Undefined: no such answer. */
function createAsk({ url, region, accessKeyId }: CloudAccess): Ask {
  return async (service, method, path, body, target) => {
    const scope = `${accessKeyId}/20000101/${region}/${service}/aws4_request`;
    const headers = {
      authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=none`,
      ...(target === undefined ? {} : { 'x-amz-target': target, 'content-type': 'application/x-amz-json-1.1' }),
    };
    try {
      const response = await fetch(`${url}${path}`, { method, headers, ...(body === undefined ? {} : { body }) });
      const json: unknown = await response.json();
      return response.ok ? json : undefined;
    } catch {
      return undefined;
    }
  };
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
