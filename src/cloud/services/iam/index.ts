import type {
  AttachRolePolicyRequest,
  CreateRoleRequest,
  CreateRoleResponse,
  GetRolePolicyRequest,
  GetRolePolicyResponse,
  GetRoleRequest,
  GetRoleResponse,
  ListAttachedRolePoliciesRequest,
  ListAttachedRolePoliciesResponse,
  ListRolePoliciesRequest,
  ListRolePoliciesResponse,
  ListRolesRequest,
  ListRolesResponse,
  PutRolePolicyRequest,
  Role as IamRole,
  UpdateAssumeRolePolicyRequest,
} from '@aws-sdk/client-iam';
import type { Clock } from '../../../time/clock.ts';
import { AwsError, type Handler, type Service, type Weather } from '../../contract.ts';
import * as schemas from '../../wire/schemas/iam.generated.ts';
import { parseIdentityPolicy } from './evaluate.ts';
import { createPolicyHandlers } from './managed-policies.ts';
import { createRole, createRoleStore, type Role, type RoleStore } from './role-store.ts';
import { parseTrust } from './trust.ts';

type RoleName = { readonly RoleName: string | undefined };

/**
 * IAM's roles. Trust policies are evaluated by STS and the services, policies of what a role may do before every call of its
 * sessions (authorise.ts).
 */
export function createIam(options: { clock: Clock; weather: Weather; account: string }): { roles: RoleStore; service: Service } {
  const { clock, weather, account } = options;
  const roles = createRoleStore(options);
  const knownFrom = () => new Date(clock.now().getTime() + weather.rolesDelayMs);

  function getRole({ RoleName: name = '' }: RoleName): Role {
    const role = roles.byName.get(name);
    if (!role) throw new AwsError('NoSuchEntity', `The role with name ${name} cannot be found.`, { status: 404 });
    return role;
  }

  const create: Handler<CreateRoleRequest, CreateRoleResponse> = (input) => {
    const name = input.RoleName ?? '';
    if (roles.byName.has(name))
      throw new AwsError('EntityAlreadyExists', `Role with name ${name} already exists.`, { status: 409 });
    const role = createRole({
      arn: `arn:aws:iam::${account}:role${input.Path ?? '/'}${name}`,
      created: clock.now(),
      knownFrom: knownFrom(),
      trustDocument: input.AssumeRolePolicyDocument ?? '',
      description: input.Description,
      ...(input.MaxSessionDuration === undefined ? {} : { maxSessionSeconds: input.MaxSessionDuration }),
      tags: input.Tags ?? [],
    });
    roles.byName.set(name, role);
    return { Role: describe(role) };
  };

  const remove: Handler<RoleName, void> = (input) => {
    const role = getRole(input);
    if (role.attached.size > 0)
      throw new AwsError('DeleteConflict', 'Cannot delete entity, must detach all policies first.', { status: 409 });
    if (role.inline.size > 0)
      throw new AwsError('DeleteConflict', 'Cannot delete entity, must delete policies first.', { status: 409 });
    roles.byName.delete(role.name);
  };

  const putPolicy: Handler<PutRolePolicyRequest, void> = (input) => {
    const document = input.PolicyDocument ?? '';
    parseIdentityPolicy(document);
    getRole(input).inline.set(input.PolicyName ?? '', document);
  };

  const updateTrust: Handler<UpdateAssumeRolePolicyRequest, void> = (input) => {
    const trustDocument = input.PolicyDocument ?? '';
    const role = getRole(input);
    roles.byName.set(role.name, { ...role, trustDocument, trust: parseTrust(trustDocument), knownFrom: knownFrom() });
  };

  const getPolicy: Handler<GetRolePolicyRequest, GetRolePolicyResponse> = (input) => {
    const [role, name] = [getRole(input), input.PolicyName ?? ''];
    const document = role.inline.get(name);
    if (document === undefined) throw noSuchPolicy(name);
    return { RoleName: role.name, PolicyName: name, PolicyDocument: encodeURIComponent(document) };
  };

  const list: Handler<ListRolesRequest, ListRolesResponse> = ({ PathPrefix: prefix = '/', Marker: marker, MaxItems: max }) => {
    const all = [...roles.byName.values()]
      .filter((role) => role.path.startsWith(prefix))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    const page = paginate(all, marker, max);
    return { ...page.rest, Roles: page.items.map(describe) };
  };

  const listAttached: Handler<ListAttachedRolePoliciesRequest, ListAttachedRolePoliciesResponse> = (input) => {
    const page = paginate([...getRole(input).attached], input.Marker, input.MaxItems);
    return {
      ...page.rest,
      AttachedPolicies: page.items.map((arn) => ({ PolicyArn: arn, PolicyName: arn.slice(arn.lastIndexOf('/') + 1) })),
    };
  };

  const listInline: Handler<ListRolePoliciesRequest, ListRolePoliciesResponse> = (input) => {
    const page = paginate([...getRole(input).inline.keys()].sort(), input.Marker, input.MaxItems);
    return { ...page.rest, PolicyNames: page.items };
  };

  const get: Handler<GetRoleRequest, GetRoleResponse> = (input) => ({ Role: describe(getRole(input)) });
  const attach: Handler<AttachRolePolicyRequest, void> = (input) => {
    const [role, arn] = [getRole(input), input.PolicyArn ?? ''];
    if (!roles.managed.has(arn) && !arn.startsWith('arn:aws:iam::aws:policy/'))
      throw new AwsError('NoSuchEntity', `Policy ${arn} does not exist or is not attachable.`, { status: 404 });
    role.attached.add(arn);
  };
  const detach: Handler<AttachRolePolicyRequest, void> = (input) => {
    if (!getRole(input).attached.delete(input.PolicyArn ?? '')) throw noSuchPolicy(input.PolicyArn ?? '');
  };
  const removePolicy: Handler<GetRolePolicyRequest, void> = (input) => {
    if (!getRole(input).inline.delete(input.PolicyName ?? '')) throw noSuchPolicy(input.PolicyName ?? '');
  };

  const handlers = {
    CreateRole: create,
    GetRole: get,
    DeleteRole: remove,
    ListRoles: list,
    UpdateAssumeRolePolicy: updateTrust,
    PutRolePolicy: putPolicy,
    GetRolePolicy: getPolicy,
    DeleteRolePolicy: removePolicy,
    ListRolePolicies: listInline,
    AttachRolePolicy: attach,
    DetachRolePolicy: detach,
    ListAttachedRolePolicies: listAttached,
    ...createPolicyHandlers({ roles, clock, account }),
  };
  return { roles, service: { name: 'iam', schemas, handlers } };
}

function describe(role: Role): IamRole {
  return {
    Path: role.path,
    RoleName: role.name,
    RoleId: role.id,
    Arn: role.arn,
    CreateDate: role.created,
    // IAM gives policy documents back percent-encoded.
    AssumeRolePolicyDocument: encodeURIComponent(role.trustDocument),
    ...(role.description === undefined ? {} : { Description: role.description }),
    MaxSessionDuration: role.maxSessionSeconds,
    Tags: [...role.tags],
  };
}

const noSuchPolicy = (name: string) =>
  new AwsError('NoSuchEntity', `The role policy with name ${name} cannot be found.`, { status: 404 });

function paginate<Item>(all: readonly Item[], marker: string | undefined, max = 100) {
  const start = Number(marker ?? 0);
  const items = all.slice(start, start + max);
  const next = start + items.length;
  return { items, rest: { IsTruncated: next < all.length, ...(next < all.length ? { Marker: String(next) } : {}) } };
}
