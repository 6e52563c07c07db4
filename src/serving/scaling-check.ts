import type { Problem } from '../action-error.ts';
import type { Spec } from '../spec/spec.ts';
import type { Endpoint } from './ports.ts';
import type { ScalingSituation } from './scaling-plan.ts';

/** What the account and the resources allow, beside what is set now. */
export interface ScalingLimits {
  readonly account: { readonly total: number; readonly unreserved: number };
  /** Provisioned concurrency of the other versions that an alias names: it is there at the same time. */
  readonly others: readonly { readonly version: string; readonly provisioned: number }[];
  /** Alias `candidate` is weighted between versions. */
  readonly weighted: boolean;
  readonly status: Endpoint['status'] | 'missing';
  readonly instanceType: string;
}

/** Lambda keeps this much concurrency for all functions together; smaller accounts must keep all they have (seen as 10, 50 and 100). */
const floorOfMost = 100;
const burstable = /^ml\.t\d/;

type Wanted = Pick<Spec, 'path' | 'lines' | 'scaling'>;

/** Everything that AWS would refuse, before the first write. */
export function checkScaling(spec: Wanted, seen: ScalingSituation, limits: ScalingLimits): Problem[] {
  return [
    ...checkCandidate(seen, limits),
    ...checkEndpoint(spec, limits),
    ...checkReserved(spec, seen, limits),
    ...checkProvisioned(spec, seen, limits),
  ];
}

function checkCandidate({ functionName, endpoint }: ScalingSituation, { weighted, status }: ScalingLimits): Problem[] {
  const problems: Problem[] = [];
  if (weighted) {
    problems.push({
      name: `alias candidate of ${functionName}`,
      message:
        'It is weighted between two versions, and AWS gives no provisioned concurrency to such an alias. Trainyard never weights it: somebody else did.',
      fix: 'Run deploy-endpoint again, which points it at one version.',
    });
  }
  if (status !== 'InService') {
    const gone = status === 'missing' || status === 'Deleting';
    problems.push({
      name: `endpoint ${endpoint}`,
      message: gone
        ? 'The candidate does not exist any more: it expired or was removed.'
        : `It is ${status}; AWS scales only what is InService.`,
      fix: gone ? 'Run deploy-endpoint again.' : 'Wait until it is InService, or run deploy-endpoint again.',
    });
  }
  return problems;
}

function checkEndpoint(spec: Wanted, { instanceType }: ScalingLimits): Problem[] {
  if (!spec.scaling?.endpoint || !burstable.test(instanceType)) return [];
  return [
    problem(
      spec,
      'scaling.endpoint',
      `AWS does not scale burstable machines, and the endpoint runs on ${instanceType}.`,
      'Serve on another type, e.g. serve.instance-type: ml.m5.large, or remove scaling.endpoint.',
    ),
  ];
}

function checkReserved(spec: Wanted, { reserved }: ScalingSituation, { account }: ScalingLimits): Problem[] {
  const wanted = spec.scaling?.lambda?.reserved;
  if (wanted === undefined || wanted <= (reserved ?? 0)) return [];
  const free = findFree(account) + (reserved ?? 0);
  return wanted <= free
    ? []
    : [problem(spec, 'scaling.lambda.reserved', describeLack(`It is ${wanted}`, free, account), fixOf(free))];
}

function checkProvisioned(
  spec: Wanted,
  { reserved, provisioned }: ScalingSituation,
  { account, others }: ScalingLimits,
): Problem[] {
  const wanted = spec.scaling?.lambda?.provisioned;
  if (wanted === undefined) return [];
  const elsewhere = others.reduce((sum, other) => sum + other.provisioned, 0);
  const limit = Math.max(reserved ?? 0, spec.scaling?.lambda?.reserved ?? 0);
  if (limit > 0) {
    if (wanted + elsewhere <= limit) return [];
    const versions = others
      .filter((other) => other.provisioned > 0)
      .map((other) => `version ${other.version} holds ${other.provisioned}`);
    const now = versions.length === 0 ? '' : `; ${versions.join(', ')} until the promotion is over`;
    return [
      problem(
        spec,
        'scaling.lambda.provisioned',
        `It is ${wanted}, and the function has only ${limit} reserved${now}.`,
        `Raise scaling.lambda.reserved to ${wanted + elsewhere}, or provision less.`,
      ),
    ];
  }
  const more = wanted - (provisioned?.requested ?? 0);
  const free = findFree(account);
  if (more <= free) return [];
  return [
    problem(
      spec,
      'scaling.lambda.provisioned',
      describeLack(`It is ${wanted}`, free + (provisioned?.requested ?? 0), account),
      fixOf(free),
    ),
  ];
}

function findFree({ total, unreserved }: ScalingLimits['account']): number {
  return Math.max(0, unreserved - Math.min(floorOfMost, total));
}

function describeLack(what: string, free: number, { total, unreserved }: ScalingLimits['account']): string {
  const rest = `this account has ${total} concurrent executions, ${unreserved} of them not reserved, and Lambda keeps ${Math.min(floorOfMost, total)} for all functions`;
  return `${what}, and at most ${free} can be had: ${rest}.`;
}

function fixOf(free: number): string {
  const ask = 'ask for more "Concurrent executions" in Service Quotas → AWS Lambda (new accounts have 10)';
  return free > 0 ? `Write ${free} or less, or ${ask}.` : `Remove the key, or ${ask}.`;
}

function problem(spec: Wanted, name: string, message: string, fix: string): Problem {
  const line = spec.lines[name];
  return { name, message, fix, where: { file: spec.path, ...(line === undefined ? {} : { line }) } };
}
