import type { Clock } from '../../../time/clock.ts';
import type { Authorise, Buckets, Service } from '../../contract.ts';
import { accessTables } from './access/index.ts';
import type { Scope } from './access/scope.ts';
import { type Access, type Context, evaluate, type IdentityPolicy, type Verdict } from './evaluate.ts';
import type { RoleStore } from './role-store.ts';
import { createFindTags } from './resource-tags.ts';

interface Options {
  readonly roles: RoleStore;
  readonly account: string;
  readonly clock: Clock;
  readonly buckets: Buckets;
  readonly services: readonly Service[];
  readonly profiles: readonly { readonly name: string; readonly arn: string; readonly roleArn: string }[];
}

/**
 * Evaluates what sessions of roles ask for against the policies of the role. Sessions of roles without any policy, and keys that
 * the cloud did not mint, may do everything.
 */
export function createAuthorise({ roles, account, clock, buckets, services, profiles }: Options): Authorise {
  const findTags = createFindTags(services);
  const inAccount: Omit<Scope, 'region'> = {
    account,
    hasBucket: (bucket) => buckets.exists(bucket),
    hasObject: (bucket, key) => buckets.fileOf(bucket, key) !== undefined,
    roleOfProfile: (profile) => profiles.find(({ name, arn }) => profile === name || profile === arn)?.roleArn,
  };

  return async ({ service, operation, input, principal, region }) => {
    const roleName = /:assumed-role\/([^/]+)\//.exec(principal)?.[1];
    const policies = roleName === undefined ? undefined : roles.policiesOf(roleName);
    if (roleName === undefined || !policies) return undefined;
    const needed = listNeeded(service, operation, input, { ...inAccount, region });
    const common = describeCaller(roles.byName.get(roleName)?.arn ?? '', principal, account, region, clock.now());
    const wantsTags = policies.some(mentionsResourceTags);
    for (const access of needed) {
      const tags = wantsTags ? await findTags(access.resource) : {};
      const verdict = evaluate(policies, { ...access, context: { ...common, ...tags, ...access.context } });
      if (verdict !== 'allow') return explain(principal, access, verdict);
    }
    return undefined;
  };
}

function listNeeded(service: string, operation: string, input: Record<string, unknown>, scope: Scope): readonly Access[] {
  const accessOf = accessTables[service]?.[operation];
  if (!accessOf) throw new Error(`The local cloud does not know what ${operation} of ${service} needs to be allowed.`);
  // Each table types its own inputs; that input and operation fit is what the codecs see to.
  return Reflect.apply(accessOf, undefined, [input, scope]);
}

/** Condition keys that every request has. */
function describeCaller(roleArn: string, principal: string, account: string, region: string, now: Date): Context {
  return {
    'aws:principalarn': [roleArn],
    'aws:principalaccount': [account],
    'aws:principaltype': ['AssumedRole'],
    'aws:requestedregion': [region],
    'aws:currenttime': [now.toISOString()],
    'aws:epochtime': [String(Math.floor(now.getTime() / 1000))],
    'aws:rolesessionname': [principal.split('/').at(-1) ?? ''],
    // This server stands for endpoints that clients reach by TLS.
    'aws:securetransport': ['true'],
  };
}

const mentionsResourceTags = (policy: IdentityPolicy) =>
  policy.some(({ conditions }) => conditions.some(({ key }) => /:resourcetag\//i.test(key)));

/** In AWS's words; services put their own before them. */
function explain(principal: string, { action, resource }: Access, verdict: Exclude<Verdict, 'allow'>): string {
  const quoted = action.startsWith('s3:') ? `"${resource}"` : resource;
  const on = resource === '*' ? '' : ` on resource: ${quoted}`;
  const why =
    verdict === 'explicit deny'
      ? 'with an explicit deny in an identity-based policy'
      : `because no identity-based policy allows the ${action} action`;
  return `User: ${principal} is not authorized to perform: ${action}${on} ${why}`;
}
