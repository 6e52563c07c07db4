import type { Access, Context } from '../evaluate.ts';

/** What a table needs to know beside the input. */
export interface Scope {
  readonly region: string;
  readonly account: string;
  hasBucket(bucket: string): boolean;
  hasObject(bucket: string, key: string): boolean;
  /** ARN of the role of an instance profile, by the profile's name or ARN. */
  roleOfProfile(profile: string): string | undefined;
}

/**
 * What must be allowed for an operation, every entry of it. The actions, resources and condition keys are those of AWS's Service
 * Authorization Reference, 2026-11.
 */
type AccessOf<Input> = (input: Input, scope: Scope) => Access[];
/** By operation; each service types its own with the SDK's requests. */
export type AccessTable = Readonly<Record<string, AccessOf<never>>>;

export const access = (action: string, resource: string, context: Context = {}): Access => ({ action, resource, context });

/** For actions that cannot be limited to a resource. */
export const anywhere = (action: string) => (): Access[] => [access(action, '*')];

export const arnOf = ({ region, account }: Scope, service: string, rest: string) =>
  `arn:aws:${service}:${region}:${account}:${rest}`;

/** Keys of the tags that a request gives. */
export function requestTags(tags: Iterable<readonly [key: string, value: string]>): Context {
  const all = [...tags];
  if (all.length === 0) return {};
  return {
    ...Object.fromEntries(all.map(([key, value]) => [`aws:requesttag/${key.toLowerCase()}`, [value]])),
    'aws:tagkeys': all.map(([key]) => key),
  };
}

/** AWS's usual list of tags. */
export const pairs = (tags: readonly { Key?: string | undefined; Value?: string | undefined }[] = []): [string, string][] =>
  tags.map(({ Key = '', Value = '' }) => [Key, Value]);

/** A service is given a role to work as. */
export function passRole(arn: string | undefined, service: string): Access[] {
  return arn === undefined ? [] : [access('iam:PassRole', arn, { 'iam:passedtoservice': [service] })];
}
