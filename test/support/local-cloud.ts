import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Deployment } from '../../src/cloud/github/state.ts';
import type { Ec2Options } from '../../src/cloud/services/ec2/options.ts';
import type { LambdaOptions } from '../../src/cloud/services/lambda/room.ts';
import type { SageMakerOptions } from '../../src/cloud/services/sagemaker/index.ts';
import type { RunRecord } from '../../src/records/record.ts';
import type { TuningRecord } from '../../src/records/tuning-record.ts';
import type { ReleaseRecord } from '../../src/serving/record.ts';
import { bucket, pullNumber, repository, trainingRole } from './facts.ts';

interface JournalEntry {
  number: number;
  service: string;
  operation: string;
  principal: string;
  input: unknown;
  status?: number;
  error?: string;
  illegal?: string[];
}

interface Fault {
  id: string;
  service: string;
  operation: string;
  nth?: number;
  when: 'before' | 'after';
  effect:
    | { kind: 'error'; code: string; message: string; status?: number }
    | { kind: 'reset' }
    | { kind: 'delay'; ms: number }
    | { kind: 'pause' };
}

export interface CloudProcessOptions {
  folder: string;
  weather?: 'calm' | 'aws-like';
  /** Of the weather's throttles. */
  seed?: number;
  buckets: string[];
  roles: { arn: string; trust: string[] | object; policies?: Readonly<Record<string, object>> }[];
  /** The pull request comes from another repository. */
  fork?: boolean;
  /** Credentials of assumed roles last no longer. */
  maxSessionSeconds?: number;
  /** Of the machines that train and serve. */
  training?: SageMakerOptions;
  /** Of Lambda. */
  functions?: LambdaOptions;
  /** Of EC2. */
  ec2?: Ec2Options;
}

/** What the process prints when it is ready. */
export interface Addresses {
  observerUrl: string;
  aws: { url: string; region: string; accessKeyId: string; secretAccessKey: string };
  github: {
    apiUrl: string;
    serverUrl: string;
    /** `release` may write deployments; `stranger` is a user who may comment. */
    tokens: { write: string; read: string; release: string; stranger: string };
    idTokenRequestUrl: string;
    idTokenRequestToken: string;
  };
}

interface TrainingJob {
  TrainingJobName: string;
  TrainingJobStatus: string;
}

interface Comment {
  id: number;
  author: string;
  body: string;
}

export interface LocalCloud extends Addresses {
  folder: string;
  journal(since?: number): Promise<JournalEntry[]>;
  addFault(fault: Fault): Promise<void>;
  clearFaults(): Promise<void>;
  /** Id of the first held call, waiting at most `ms`. */
  paused(ms: number): Promise<string | undefined>;
  release(id: string): Promise<void>;
  /** The run records below a zone's prefix, e.g. `trainyard/pr/7/`. */
  records(zone?: string): Promise<RunRecord[]>;
  /** The records of searches below a zone's prefix. */
  tuningRecords(zone?: string): Promise<TuningRecord[]>;
  /** What releases have recorded; of one run when it is named. */
  releaseRecords(runId?: string): Promise<ReleaseRecord[]>;
  /** Oldest first. */
  deployments(): Promise<Deployment[]>;
  trainingJobs(): Promise<TrainingJob[]>;
  comments(): Promise<Comment[]>;
  addComment(author: 'bot' | 'stranger', body: string): Promise<void>;
  close(): Promise<void>;
}

/** Starts the local cloud as a process of its own; without options it has the bucket and the role of the scenarios. */
export async function startLocalCloud(options: Partial<Omit<CloudProcessOptions, 'folder'>> = {}): Promise<LocalCloud> {
  const folder = mkdtempSync(join(tmpdir(), 'trainyard-cloud-'));
  const given: CloudProcessOptions = {
    buckets: [bucket],
    roles: [{ arn: trainingRole, trust: ['sagemaker.amazonaws.com'] }],
    ...options,
    folder,
  };
  const child = spawn(process.execPath, ['--no-warnings', join(import.meta.dirname, 'cloud-process.ts'), JSON.stringify(given)], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
  const addresses = await new Promise<Addresses>((resolve, reject) => {
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      if (text.includes('\n')) resolve(JSON.parse(text.slice(0, text.indexOf('\n'))) as Addresses);
    });
    void ended.then(() => reject(new Error(`the local cloud ended before it was ready: ${errors}`)));
  });

  const control = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const response = await fetch(`${addresses.aws.url}/_cloud/${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    const text = await response.text();
    return text === '' ? undefined : JSON.parse(text);
  };

  const observe = async (path: string): Promise<unknown> => (await fetch(`${addresses.observerUrl}/${path}`)).json();

  /** Throttles are for those who are tested. */
  const listTrainingJobs = async (): Promise<string> => {
    const response = await fetch(addresses.aws.url, {
      method: 'POST',
      headers: {
        authorization:
          'AWS4-HMAC-SHA256 Credential=observer/20261122/us-east-1/sagemaker/aws4_request, SignedHeaders=host, Signature=0',
        'x-amz-target': 'SageMaker.ListTrainingJobs',
        'content-type': 'application/x-amz-json-1.1',
      },
      body: JSON.stringify({ MaxResults: 100 }),
    });
    const text = await response.text();
    if (response.ok) return text;
    if (text.includes('ThrottlingException')) return listTrainingJobs();
    throw new Error(`ListTrainingJobs: ${response.status} ${text}`);
  };

  return {
    ...addresses,
    folder,
    journal: async (since = 0) => (await control('GET', `journal?since=${since}`)) as JournalEntry[],
    addFault: async (fault) => void (await control('POST', 'faults', fault)),
    clearFaults: async () => void (await control('DELETE', 'faults')),
    paused: async (ms) => ((await control('GET', `paused?wait=${ms}`)) as { id: string }[])[0]?.id,
    release: async (id) => void (await control('POST', 'release', { id })),
    records: async (zone = `trainyard/pr/${pullNumber}/`) =>
      (await observe(`records?prefix=${encodeURIComponent(`${zone}runs/`)}`)) as RunRecord[],
    tuningRecords: async (zone = `trainyard/pr/${pullNumber}/`) =>
      (await observe(`records?prefix=${encodeURIComponent(`${zone}tuning/`)}`)) as TuningRecord[],
    releaseRecords: async (runId) => {
      const prefix = encodeURIComponent(`trainyard/release/deployments/${runId === undefined ? '' : `${runId}/`}`);
      return (await observe(`records?prefix=${prefix}`)) as ReleaseRecord[];
    },
    deployments: async () => (await observe('deployments')) as Deployment[],
    trainingJobs: async () => {
      const { TrainingJobSummaries: jobs } = JSON.parse(await listTrainingJobs()) as { TrainingJobSummaries: TrainingJob[] };
      return jobs;
    },
    comments: async () => (await observe('comments')) as Comment[],
    addComment: async (author, body) => {
      const { owner, name } = repository;
      const token = author === 'bot' ? addresses.github.tokens.write : addresses.github.tokens.stranger;
      const url = `${addresses.github.apiUrl}/repos/${owner}/${name}/issues/${pullNumber}/comments`;
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
      const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ body }) });
      if (!response.ok) throw new Error(`The comment was not taken: ${response.status} ${await response.text()}`);
    },
    close: async () => {
      child.kill('SIGTERM');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
