import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clients, createClients } from '../../src/aws/clients.ts';
import { startCloud } from '../../src/cloud/start.ts';
import { systemClock } from '../../src/time/clock.ts';
import { bucket, repository } from './facts.ts';
import { arnOf, renderStack, type Stack, type StackPolicy } from './stack.ts';

/** The stack of the scenarios' repository and bucket. */
export const stack: Stack = renderStack({
  GitHubOwner: repository.owner,
  GitHubRepository: repository.name,
  ModelName: 'digits',
  BucketName: bucket,
  AllowEc2: 'yes',
});

/** A variant of a role of the stack: its trust, and policies that may lack something. */
export interface Variant {
  readonly name: string;
  /** Role of the stack. */
  readonly of: string;
  readonly policies: Readonly<Record<string, StackPolicy>>;
}

const issuer = 'https://token.actions.githubusercontent.com';

/** An account with the stack's roles and variants of them, in this process; GitHub's tokens in it are those of the pull request. */
export async function startAccount(variants: readonly Variant[]) {
  const folder = mkdtempSync(join(tmpdir(), 'trainyard-roles-'));
  const running = await startCloud({
    folder,
    buckets: [bucket],
    roles: [
      ...stack.roles.values(),
      ...variants.map(({ name, of, policies }) => ({ arn: arnOf(name), trust: stack.roles.get(of)?.trust ?? {}, policies })),
    ],
    // The token is the subject: whose it is, is not in question here.
    verifyWebIdentity: (subject) => Promise.resolve({ iss: issuer, sub: subject, aud: 'sts.amazonaws.com' }),
    training: { cores: 4 },
    ec2: {
      instanceProfiles: [...stack.profiles, ...variants.map(({ name }) => ({ name, role: arnOf(name) }))],
      shutdownSeconds: 1,
    },
  });
  const before = process.env['AWS_ENDPOINT_URL'];
  process.env['AWS_ENDPOINT_URL'] = running.url;
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = '1';

  return {
    ...running,
    /** Clients of AWS as a job of the pull request has them. */
    assume: (role: string): Clients =>
      createClients({
        region: 'us-east-1',
        roleToAssume: arnOf(role),
        mintWebIdentity: () => Promise.resolve(`repo:${repository.owner}/${repository.name}:pull_request`),
        sessionName: 'test',
        clock: systemClock,
      }),
    put: async (key: string, content: Buffer | string) => {
      const path = join(folder, 'object');
      writeFileSync(path, content);
      await running.cloud.buckets.putFile(bucket, key, path);
    },
    /** The first action that a session of a role was refused. */
    findRefused: (role: string): string | undefined => {
      const refused = running.cloud.journal.entries.find(
        ({ principal, error }) => principal.includes(`:assumed-role/${role}/`) && error?.includes('is not authorized to perform'),
      );
      return /perform: (\S+)/.exec(refused?.error ?? '')?.[1];
    },
    close: async () => {
      if (before === undefined) delete process.env['AWS_ENDPOINT_URL'];
      else process.env['AWS_ENDPOINT_URL'] = before;
      await running.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export type Account = Awaited<ReturnType<typeof startAccount>>;
