import { createHash } from 'node:crypto';

/** One machine that may be had: when it cannot, the next is tried. */
export interface Candidate {
  readonly instanceType: string;
  readonly subnet: string | undefined;
  readonly spot: boolean;
}

/** A spot run that is interrupted this often goes on on demand. */
export const mostInterruptions = 3;

/** Spot before on demand, preferred types before others, and of a type every subnet (so every zone) before the next type. */
export function listCandidates(
  run: { readonly instanceTypes: readonly string[]; readonly spot: boolean },
  subnets: readonly string[],
  interruptions: number,
): Candidate[] {
  const markets = run.spot && interruptions < mostInterruptions ? [true, false] : [false];
  const places = subnets.length > 0 ? subnets : [undefined];
  return markets.flatMap((spot) =>
    run.instanceTypes.flatMap((instanceType) => places.map((subnet) => ({ instanceType, subnet, spot }))),
  );
}

/**
 * The same token never makes a second machine: a retry, and a re-run of this step, get the one that is there.
 * @param ordinal machines that the job has had before
 */
export function getClientToken(name: string, { instanceType, subnet, spot }: Candidate, ordinal: number): string {
  return createHash('sha256')
    .update(JSON.stringify([name, instanceType, subnet ?? '', spot, ordinal]))
    .digest('hex');
}

/** `spot m5.xlarge in subnet-1` */
export function describeCandidate({ instanceType, subnet, spot }: Candidate): string {
  return [spot ? 'spot ' : '', instanceType, subnet === undefined ? '' : ` in ${subnet}`].join('');
}
