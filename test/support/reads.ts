/** Whether a call of the journal changes nothing, by the name of its operation: `DescribeTrainingJob`, `GET /repos/…`. */
export function isRead(operation: string): boolean {
  return /^(Get|Describe|List|Head|GET )/.test(operation);
}
