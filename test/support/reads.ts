/** Whether a call of the journal changes nothing, by the name of its operation: `DescribeTrainingJob`, `GET /repos/…`. */
export function isRead(operation: string): boolean {
  return /^(Get|Describe|List|Head|GET )/.test(operation);
}

/** Positions, from 1, of the calls that differ: a read that has been made since the last write finds the same, as polling does. */
export function listDistinct(operations: readonly string[]): number[] {
  let seen = new Set<string>();
  return operations.flatMap((operation, index) => {
    if (!isRead(operation)) seen = new Set();
    else if (seen.has(operation)) return [];
    else seen.add(operation);
    return [index + 1];
  });
}
