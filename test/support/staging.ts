import { bucket } from './facts.ts';
import { type Downloads, startDownloads } from './downloads.ts';
import type { Project, ProjectChanges } from './job.ts';
import type { LocalCloud } from './local-cloud.ts';
import type { RunningStep } from './step.ts';
import { inWorld, type World } from './world.ts';

export interface StagingWorld extends World {
  readonly downloads: Downloads;
  /** Starts the action on the default branch, which may write data. */
  readonly stage: (inputs: Record<string, string>, more?: { project?: Project; env?: Record<string, string> }) => RunningStep;
  /** Keys below a prefix of the bucket. */
  readonly keys: (prefix: string) => Promise<string[]>;
  readonly read: (key: string) => Promise<Buffer>;
  readonly write: (key: string, body: string) => Promise<void>;
  /** Operations that changed something, since the last time this was asked. */
  readonly newWrites: () => Promise<string[]>;
  readonly emptyProject: (changes?: ProjectChanges) => Project;
}

const changing = /^(?:Put|Delete|Copy|Create|Upload|Complete|Abort)/;

/** A world with a server of downloads beside it. */
export async function inStagingWorld(weather: 'calm' | 'aws-like', act: (world: StagingWorld) => Promise<void>): Promise<void> {
  const downloads = await startDownloads();
  try {
    await inWorld(weather, {}, async (world) => {
      const { cloud } = world;
      let seen = 0;
      const project = world.project();
      await act({
        ...world,
        downloads,
        emptyProject: world.project,
        stage: (inputs, more = {}) => {
          const env = { TRAINYARD_DOWNLOAD_URL: downloads.url, ...more.env };
          return world.job({ event: 'push', project: more.project ?? project, env }).step('stage-data', inputs);
        },
        keys: (prefix) => listKeys(cloud, prefix),
        read: async (key) => Buffer.from(await (await ask(cloud, key)).arrayBuffer()),
        write: async (key, body) => void (await ask(cloud, key, { method: 'PUT', body })),
        newWrites: async () => {
          const entries = await cloud.journal(seen);
          seen = entries.at(-1)?.number ?? seen;
          return entries
            .filter(({ operation, status }) => changing.test(operation) && (status ?? 500) < 300)
            .map(({ operation }) => operation);
        },
      });
    });
  } finally {
    await downloads.close();
  }
}

/** As somebody who is not under test; throttles are for those who are. */
async function ask(cloud: LocalCloud, path: string, init: RequestInit = {}): Promise<Response> {
  const authorization =
    'AWS4-HMAC-SHA256 Credential=observer/20261122/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0';
  const response = await fetch(`${cloud.aws.url}/${bucket}/${path}`, { ...init, headers: { authorization } });
  if (response.status === 503) return ask(cloud, path, init);
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return response;
}

async function listKeys(cloud: LocalCloud, prefix: string): Promise<string[]> {
  const text = await (await ask(cloud, `?list-type=2&prefix=${encodeURIComponent(prefix)}`)).text();
  return [...text.matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key = '']) => key.slice(prefix.length));
}
