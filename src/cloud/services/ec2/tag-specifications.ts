import type * as ec2 from '@aws-sdk/client-ec2';
import { refuse } from './refuse.ts';

const mostTags = 50;
/** What a launch can tag. */
const kinds = ['instance', 'volume', 'network-interface', 'spot-instances-request'] as const;
export type TaggedKind = (typeof kinds)[number];

/** The tags of a launch by kind of resource. @throws for a kind it does not make, and for tags that no resource can have */
export function readTagSpecifications(specifications: readonly ec2.TagSpecification[] = []): {
  of: (kind: TaggedKind) => Map<string, string>;
} {
  for (const { ResourceType: kind, Tags: tags = [] } of specifications) {
    if (!kinds.some((one) => one === kind))
      throw refuse('InvalidParameterValue', `'${kind}' is not a valid taggable resource type for this operation.`);
    checkTags(tags);
  }
  return {
    of: (kind) => {
      const tags = specifications.filter(({ ResourceType }) => ResourceType === kind).flatMap(({ Tags = [] }) => Tags);
      return new Map(tags.map(({ Key = '', Value = '' }) => [Key, Value]));
    },
  };
}

/** @throws as EC2 does for tags that a resource cannot have */
export function checkTags(tags: readonly ec2.Tag[], present = 0): void {
  for (const { Key: key = '', Value: value = '' } of tags) {
    if (key === '' || key.length > 127) throw refuse('InvalidParameterValue', `Tag key '${key}' must have 1 to 127 characters.`);
    if (key.startsWith('aws:'))
      throw refuse('InvalidParameterValue', "Tag keys starting with 'aws:' are reserved for internal use");
    if (value.length > 256)
      throw refuse('InvalidParameterValue', `Tag value exceeds the maximum length of 256 characters: ${key}`);
  }
  if (present + tags.length > mostTags)
    throw refuse('TagLimitExceeded', `More than ${mostTags} tags per resource are not allowed.`);
}
