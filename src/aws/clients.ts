import { ActionError } from '../action-error.ts';
import type { MintWebIdentity } from '../runner/ports.ts';
import type { Clock } from '../time/clock.ts';
import { createWebIdentity } from './web-identity.ts';

export const version = '0.1.0';

/** What every client of the SDK is made with. There is no endpoint here: AWS_ENDPOINT_URL works by itself. */
interface ClientSettings {
  readonly region: string;
  readonly credentials?: () => Promise<AwsCredentials>;
  readonly customUserAgent: [string, string][];
  readonly maxAttempts: number;
  readonly retryMode: 'standard';
  readonly disableRequestCompression: boolean;
  readonly requestHandler: { readonly connectionTimeout: number; readonly socketTimeout: number };
}

interface More {
  readonly region?: string;
  readonly maxAttempts?: number;
  /** Longest silence of a connection; 60 s unless a call may think longer before it answers. */
  readonly socketTimeoutMs?: number;
}

export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly expiration: Date;
}

/** The SDK's clients of one step: each is made when an adapter first asks for it, and all share one set of credentials. */
export interface Clients {
  readonly region: string;
  readonly clock: Clock;
  of<Client>(make: new (settings: ClientSettings) => Client, more?: More): Client;
}

export interface ClientsOptions {
  readonly region: string;
  /** Assumed with GitHub's OIDC token; without it the SDK's default chain finds credentials. */
  readonly roleToAssume?: string;
  readonly mintWebIdentity?: MintWebIdentity;
  /** Shows in CloudTrail, e.g. the run id. */
  readonly sessionName: string;
  readonly clock: Clock;
  /** Called with each secret before it is used. */
  readonly mask?: (secret: string) => void;
}

export function createClients(options: ClientsOptions): Clients {
  const { region, clock } = options;
  const credentials = options.roleToAssume === undefined ? undefined : assume(options.roleToAssume, options);
  const made = new Map<unknown, Map<string, unknown>>();

  const settings = (more: More): ClientSettings => ({
    region: more.region ?? region,
    ...(credentials ? { credentials } : {}),
    customUserAgent: [['trainyard', version]],
    // Enough for a minute of throttles: the standard mode waits up to 20 s between attempts.
    maxAttempts: more.maxAttempts ?? 8,
    retryMode: 'standard',
    disableRequestCompression: true,
    requestHandler: { connectionTimeout: 5_000, socketTimeout: more.socketTimeoutMs ?? 60_000 },
  });

  return {
    region,
    clock,
    of<Client>(make: new (settings: ClientSettings) => Client, more = {}): Client {
      const key = JSON.stringify(more);
      const bySettings = made.get(make) ?? new Map<string, unknown>();
      made.set(make, bySettings);
      if (!bySettings.has(key)) bySettings.set(key, new make(settings(more)));
      const client = bySettings.get(key);
      if (!(client instanceof make)) throw new TypeError(`${make.name} made something else.`);
      return client;
    },
  };
}

function assume(roleArn: string, options: ClientsOptions): () => Promise<AwsCredentials> {
  const { mintWebIdentity: mint } = options;
  if (!mint) {
    throw new ActionError({
      kind: 'configuration',
      message: `The role ${roleArn} cannot be assumed: this job has no OIDC token of GitHub.`,
      fix: 'Give the job `permissions: { id-token: write }`, or leave out `role-to-assume` and provide credentials in an earlier step.',
    });
  }
  return createWebIdentity({ ...options, roleArn, mint });
}
