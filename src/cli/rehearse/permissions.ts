import type { Permissions } from './workflow.ts';

export type TokenPermissions = Readonly<Record<string, 'none' | 'read' | 'write'>>;

const scopes = [
  'actions',
  'checks',
  'contents',
  'deployments',
  'id-token',
  'issues',
  'packages',
  'pages',
  'pull-requests',
  'statuses',
];

/**
 * What a job's token may do. A job's own `permissions` replace the workflow's; without either it is the restricted default of new
 * repositories. From a fork nothing may be written and no identity token is given.
 */
export function tokenPermissions(
  ofWorkflow: Permissions | undefined,
  ofJob: Permissions | undefined,
  fork: boolean,
): TokenPermissions {
  const asked = expand(ofJob === undefined ? ofWorkflow : ofJob);
  if (!fork) return asked;
  return Object.fromEntries(
    Object.entries(asked).map(([scope, access]) => [scope, scope === 'id-token' ? 'none' : access === 'write' ? 'read' : access]),
  );
}

function expand(permissions: Permissions | undefined): TokenPermissions {
  if (permissions === undefined) return { contents: 'read', packages: 'read' };
  if (permissions === null) return {};
  if (typeof permissions === 'string') {
    const access = permissions === 'write-all' ? 'write' : 'read';
    return Object.fromEntries(scopes.map((scope) => [scope, scope === 'id-token' && access === 'read' ? 'none' : access]));
  }
  return Object.fromEntries(
    Object.entries(permissions).map(([scope, access]) => [scope, access === 'write' || access === 'read' ? access : 'none']),
  );
}
