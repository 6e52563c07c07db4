import { findLeastPolicy } from '../serving/least-policy.ts';
import type { CheckedRole, DeployRecord } from '../serving/record.ts';
import type { Block, Text } from './document.ts';
import { joinWords } from './format.ts';
import type { ReleaseInput } from './release-input.ts';

const dangers = {
  training: 'the code of every training run can do all of that',
  serving: 'the model and whatever gets into its container can do all of that',
  lambda: 'the function that answers your callers can do all of that',
} as const;
const longestName = 100;

/** A warning for each role that may do far more than it needs, and the policy to put instead. */
export function writeBroadRoles({ place }: ReleaseInput, deploy: DeployRecord | undefined): Block[] {
  return (deploy?.roles ?? []).flatMap(({ use, arn, policies }): Block[] => {
    if (policies.kind === 'unreadable' || policies.broad.length === 0) return [];
    const warning: Block = { kind: 'list', items: [warn(use, arn, policies.broad)], weight: 95 };
    const least = findLeastPolicy(use, arn, place);
    if (!least) return [warning];
    const body = { kind: 'code', lines: JSON.stringify(least, null, 2).split('\n') } as const;
    return [warning, { kind: 'details', summary: `Policy for roles.${use}, as JSON`, body, weight: 55 }];
  });
}

function warn(use: CheckedRole['use'], arn: string, broad: readonly string[]): Text {
  const name = arn.slice(arn.lastIndexOf('/') + 1);
  const names = broad.flatMap((one, index): Text => [index === 0 ? '' : ', ', { code: one.slice(0, longestName) }]);
  return [
    '⚠️ ',
    { code: `roles.${use}` },
    ' (',
    { code: name },
    ') has ',
    ...names,
    `, far more than this model needs: ${dangers[use]}. Give the role the policy below as an inline policy, then take ${broad.length === 1 ? 'that one' : 'those'} off.`,
  ];
}

/** Says of which roles nothing is known, and why of the first: they share it but for a name. A role nobody could look at is not called good. */
export function describeUnreadRoles(deploy: DeployRecord | undefined): string[] {
  const unread = (deploy?.roles ?? []).flatMap(({ use, policies }) =>
    policies.kind === 'unreadable' ? [{ role: `roles.${use}`, why: policies.why }] : [],
  );
  const [first] = unread;
  if (!first) return [];
  const roles = joinWords(unread.map(({ role }) => role));
  return [`Whether ${roles} may do more than needed could not be checked: ${first.why.replace(/\.$/, '')}.`];
}
