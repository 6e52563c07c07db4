import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readSpec } from '../../spec/read.ts';
import type { RepositoryFacts } from './repository.ts';

export interface CloudSetup {
  readonly region: string;
  readonly buckets: string[];
  readonly roles: { arn: string; trust: string[] | object }[];
  /** Why the account is empty. */
  readonly warning?: string;
}

const defaultRegion = 'us-east-1';
const emptyAccount = { region: defaultRegion, buckets: [], roles: [] };

/**
 * What an account would have before a workflow runs: the bucket and the roles that the spec names, as infra/bootstrap.yml makes
 * them. A spec that cannot be read gives an empty account; the action says what is wrong with it.
 */
export async function readCloudSetup(root: string, specPath: string): Promise<CloudSetup> {
  if (!existsSync(join(root, specPath))) {
    return { ...emptyAccount, warning: `There is no ${specPath}, so the local cloud starts without a bucket and without roles.` };
  }
  try {
    const { region, bucket, roles } = await readSpec(join(root, specPath));
    const trusts = [
      [roles.training, 'sagemaker.amazonaws.com'],
      [roles.serving, 'sagemaker.amazonaws.com'],
      [roles.lambda, 'lambda.amazonaws.com'],
    ] as const;
    return {
      region: region ?? defaultRegion,
      buckets: bucket ? [bucket] : [],
      roles: trusts.flatMap(([arn, service]) => (arn ? [{ arn, trust: [service] }] : [])),
    };
  } catch {
    const warning = `${specPath} cannot be read, so the local cloud starts without a bucket and without roles. The action will say why.`;
    return { ...emptyAccount, warning };
  }
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
