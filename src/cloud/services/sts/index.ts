import type {
  AssumedRoleUser,
  AssumeRoleRequest,
  AssumeRoleResponse,
  AssumeRoleWithWebIdentityRequest,
  AssumeRoleWithWebIdentityResponse,
  Credentials,
  GetCallerIdentityResponse,
} from '@aws-sdk/client-sts';
import type { Clock } from '../../../time/clock.ts';
import { AwsError, type Handler, type Service, type VerifyWebIdentity } from '../../contract.ts';
import * as schemas from '../../wire/schemas/sts.generated.ts';
import type { Role, RoleStore } from '../iam/role-store.ts';
import { trusts } from '../iam/trust.ts';
import { createSessions, type Sessions } from './sessions.ts';
import { readWebIdentity } from './web-identity.ts';

export interface StsOptions {
  readonly clock: Clock;
  readonly account: string;
  readonly roles: RoleStore;
  readonly verifyWebIdentity: VerifyWebIdentity | undefined;
  /** Sessions last no longer, whatever was asked for. */
  readonly maxSessionSeconds?: number | undefined;
}

const defaultSeconds = 3600;

/** AWS keeps the keys of a function's environment fresh; here they last longer than a worker. */
const workerSeconds = 12 * 3600;

/** `mintForService`: keys of a session that a service of the cloud takes of a role for its own work; whether it may is the service's to check. */
export function createSts(options: StsOptions): {
  sessions: Sessions;
  service: Service;
  mintForService: (roleArn: string, sessionName: string) => Credentials;
} {
  const { clock, account, roles } = options;
  const sessions = createSessions(options);

  const callerIdentity: Handler<object, GetCallerIdentityResponse> = (_input, { principal }) => {
    const role = roles.byName.get(principal.split('/')[1] ?? '');
    const userId = role && principal.includes(':assumed-role/') ? `${role.id}:${principal.split('/').at(-1)}` : account;
    return { Account: account, Arn: principal, UserId: userId };
  };

  const assume: Handler<AssumeRoleRequest, AssumeRoleResponse> = (input, { principal }) => {
    const role = roles.findKnown(input.RoleArn ?? '');
    const context = input.ExternalId === undefined ? {} : { 'sts:externalid': [input.ExternalId] };
    const names = [principal, ...roleArnOf(roles, principal), `arn:aws:iam::${account}:root`];
    if (!role || !trusts(role.trust, { kind: 'AWS', names, action: 'sts:AssumeRole', context })) {
      const message = `User: ${principal} is not authorized to perform: sts:AssumeRole on resource: ${input.RoleArn}`;
      throw new AwsError('AccessDenied', message, { status: 403 });
    }
    return startSession(sessions, account, role, input.RoleSessionName ?? '', input.DurationSeconds);
  };

  const assumeWithWebIdentity: Handler<AssumeRoleWithWebIdentityRequest, AssumeRoleWithWebIdentityResponse> = async (input) => {
    const identity = await readWebIdentity(input.WebIdentityToken ?? '', options.verifyWebIdentity, clock.now());
    const role = roles.findKnown(input.RoleArn ?? '');
    const names = [identity.provider, `arn:aws:iam::${account}:oidc-provider/${identity.provider}`];
    const action = 'sts:AssumeRoleWithWebIdentity';
    if (!role || !trusts(role.trust, { kind: 'Federated', names, action, context: identity.context })) {
      throw new AwsError('AccessDenied', `Not authorized to perform ${action}`, { status: 403 });
    }
    const session = startSession(sessions, account, role, input.RoleSessionName ?? '', input.DurationSeconds);
    return { ...session, Provider: names[1], Audience: identity.audience, SubjectFromWebIdentityToken: identity.subject };
  };

  const handlers = { GetCallerIdentity: callerIdentity, AssumeRole: assume, AssumeRoleWithWebIdentity: assumeWithWebIdentity };
  const mintForService = (roleArn: string, sessionName: string) => {
    const name = roleArn.split('/').at(-1) ?? '';
    const userId = `${roles.byName.get(name)?.id ?? account}:${sessionName}`;
    return sessions.mint({ arn: `arn:aws:sts::${account}:assumed-role/${name}/${sessionName}`, userId }, workerSeconds);
  };
  return { sessions, service: { name: 'sts', schemas, handlers }, mintForService };
}

/** A session of a role is trusted where its role is. */
function roleArnOf(roles: RoleStore, principal: string): string[] {
  const name = /:assumed-role\/([^/]+)\//.exec(principal)?.[1];
  const role = name === undefined ? undefined : roles.byName.get(name);
  return role ? [role.arn] : [];
}

function startSession(sessions: Sessions, account: string, role: Role, name: string, seconds = defaultSeconds) {
  if (seconds > role.maxSessionSeconds) {
    throw new AwsError('ValidationError', 'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.', {
      status: 400,
    });
  }
  const arn = `arn:aws:sts::${account}:assumed-role/${role.name}/${name}`;
  const user: AssumedRoleUser = { Arn: arn, AssumedRoleId: `${role.id}:${name}` };
  return {
    AssumedRoleUser: user,
    Credentials: sessions.mint({ arn, userId: `${role.id}:${name}` }, seconds),
    PackedPolicySize: 0,
  };
}
