import { existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { getFunctionName } from '../../serving/names.ts';
import { prepareCases } from '../../serving/smoke-prepare.ts';
import { readSpec } from '../../spec/read.ts';
import type { Spec } from '../../spec/spec.ts';
import { type Download, listDownloads } from './downloads.ts';
import type { Question } from './live.ts';
import type { RepositoryFacts } from './repository.ts';

export interface CloudSetup {
  readonly region: string;
  readonly buckets: string[];
  readonly roles: { arn: string; trust: string[] | object }[];
  /** The Lambda function that the spec's releases go to. */
  readonly functionName?: string;
  /** Its first smoke case that can be asked without the internet. */
  readonly question?: Question;
  /** The environment that is laid over the spec in every job: the one asked for, or `rehearsal` where the spec has one. */
  readonly environment?: string;
  /** Where its data comes from, as far as that is the internet. */
  readonly downloads: readonly Download[];
  /** Why the account is empty. */
  readonly warning?: string;
}

const defaultRegion = 'us-east-1';
const emptyAccount = { region: defaultRegion, buckets: [], roles: [], downloads: [] };
const rehearsalEnvironment = 'rehearsal';

/**
 * What an account would have before a workflow runs: the buckets and the roles that the spec and its environments name, as
 * infra/bootstrap.yml makes them. A spec that cannot be read gives an empty account; the action says what is wrong with it.
 * @param asked the environment that the workflows are told to lay over the spec, if any
 */
export async function readCloudSetup(root: string, specPath: string, asked?: string): Promise<CloudSetup> {
  const path = join(root, specPath);
  if (!existsSync(path)) {
    return { ...emptyAccount, warning: `There is no ${specPath}, so the local cloud starts without a bucket and without roles.` };
  }
  try {
    const text = readFileSync(path, 'utf8');
    const base = await readSpec(path, { text });
    const names = environmentsOf(text);
    const others = await Promise.all(names.map((environment) => readSpec(path, { text, environment })));
    const environment = names.find((name) => name === (asked ?? rehearsalEnvironment));
    const used = others.find(({ environmentName }) => environmentName === environment) ?? base;
    const question = await findQuestion(root, used);
    return {
      region: used.region ?? defaultRegion,
      buckets: [...new Set([base, ...others].flatMap(({ bucket }) => bucket ?? []))],
      roles: listRoles([base, ...others]),
      functionName: getFunctionName(used.name),
      ...(environment === undefined ? {} : { environment }),
      downloads: listDownloads(root, specPath, [base, ...others]),
      ...(question ? { question } : {}),
    };
  } catch {
    const warning = `${specPath} cannot be read, so the local cloud starts without a bucket and without roles. The action will say why.`;
    return { ...emptyAccount, warning };
  }
}

async function findQuestion(root: string, spec: Spec): Promise<Question | undefined> {
  const offline = spec.smoke.filter(({ event }) => !('url' in event));
  const { cases } = await prepareCases(offline, (path) => readFile(join(root, path), 'utf8'), spec);
  return cases[0];
}

const overlays = z.object({ environments: z.record(z.string(), z.unknown()).nullish() });

function environmentsOf(text: string): string[] {
  return Object.keys(overlays.parse(parse(text)).environments ?? {});
}

/** Each role once, trusting the service that uses it; a role that two services use trusts both. */
function listRoles(specs: readonly Spec[]): CloudSetup['roles'] {
  const trust = new Map<string, Set<string>>();
  for (const { roles } of specs) {
    const uses = [
      [roles.training, 'sagemaker.amazonaws.com'],
      [roles.serving, 'sagemaker.amazonaws.com'],
      [roles.lambda, 'lambda.amazonaws.com'],
    ] as const;
    for (const [arn, service] of uses) if (arn !== undefined) trust.set(arn, (trust.get(arn) ?? new Set()).add(service));
  }
  return [...trust].map(([arn, services]) => ({ arn, trust: [...services] }));
}

/** The roles among the workflow's variables, with the trust that infra/bootstrap.yml gives them: this repository, in both forms of `sub`. */
export function rolesOfVariables(variables: Readonly<Record<string, string>>, facts: RepositoryFacts): CloudSetup['roles'] {
  const arns = Object.values(variables).filter((value) => /^arn:aws[\w-]*:iam::\d{12}:role\/.+$/.test(value));
  const provider = 'token.actions.githubusercontent.com';
  return arns.map((arn) => ({
    arn,
    trust: {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { Federated: `arn:aws:iam::000000000000:oidc-provider/${provider}` },
          Action: 'sts:AssumeRoleWithWebIdentity',
          Condition: {
            StringEquals: { [`${provider}:aud`]: 'sts.amazonaws.com' },
            StringLike: {
              [`${provider}:sub`]: [`repo:${facts.owner}/${facts.name}:*`, `repo:${facts.owner}@*/${facts.name}@*:*`],
            },
          },
        },
      ],
    },
  }));
}
