import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { LocalCloud } from '../support/local-cloud.ts';
import { findPeer, root } from './peers.ts';

export interface Request {
  service: string;
  operation: string;
  input: unknown;
}

interface Findings {
  /** Numbers of the requests that are not legal, with what is wrong. */
  problems: { number: number; problems: string[] }[];
  /** The same with the requests themselves, to be shown. */
  illegal: [Request | undefined, string[]][];
  checked: number;
  /** `sagemaker.CreateModel`, each once. */
  operations: string[];
}

/** What the actions have asked of AWS; not what a test looked at, nor what went to GitHub. */
export async function readRequests(cloud: LocalCloud): Promise<Request[]> {
  return (await cloud.journal())
    .filter(({ service, principal }) => service !== 'github' && principal !== 'observer')
    .map(({ service, operation, input }) => ({ service, operation, input }));
}

/** What botocore's own models say of these requests. */
export function checkRequests(requests: readonly Request[]): Findings {
  const { stdout, stderr, status } = spawnSync(findPeer('python') ?? '', [join(root, 'test/conformance/check_requests.py')], {
    input: JSON.stringify(requests),
    encoding: 'utf8',
    maxBuffer: 64 << 20,
    timeout: 120_000,
  });
  if (status !== 0) throw new Error(stderr);
  const findings = JSON.parse(stdout) as Omit<Findings, 'illegal'>;
  return { ...findings, illegal: findings.problems.map(({ number, problems }) => [requests[number], problems]) };
}
