import type * as lambda from '@aws-sdk/client-lambda';
import { AwsError } from '../../contract.ts';
import type { LambdaDeps } from './deps.ts';
import { refuseConflict, refuseRevision } from './refusals.ts';

const refuseNone = () =>
  new AwsError('ResourceNotFoundException', 'The resource you requested does not exist.', { members: { Type: 'User' } });

/** Who else may call a function, kept as a record: calls here are not checked against it. */
export function createPolicyHandlers({ table }: LambdaDeps) {
  const find = (name: string | undefined, beside: string | undefined) => {
    const { fn, qualifier = '' } = table.get(name, beside);
    return { fn, qualifier, statements: fn.statements.get(qualifier) ?? new Map<string, object>() };
  };

  return {
    AddPermission: (input: lambda.AddPermissionRequest): lambda.AddPermissionResponse => {
      const { fn, qualifier, statements } = find(input.FunctionName, input.Qualifier);
      const id = input.StatementId ?? '';
      if (input.RevisionId !== undefined && input.RevisionId !== fn.latest.revision) throw refuseRevision('GetFunction/GetAlias');
      if (statements.has(id))
        throw refuseConflict(
          `The statement id (${id}) provided already exists. Please provide a new statement id, or remove the existing statement.`,
        );
      const statement = describeStatement(input, qualifier === '' ? fn.arn : `${fn.arn}:${qualifier}`);
      fn.statements.set(qualifier, statements.set(id, statement));
      return { Statement: JSON.stringify(statement) };
    },
    RemovePermission: (input: lambda.RemovePermissionRequest) => {
      const { statements } = find(input.FunctionName, input.Qualifier);
      if (!statements.delete(input.StatementId ?? '')) throw refuseNone();
      return {};
    },
    GetPolicy: (input: lambda.GetPolicyRequest): lambda.GetPolicyResponse => {
      const { fn, statements } = find(input.FunctionName, input.Qualifier);
      if (statements.size === 0) throw refuseNone();
      const policy = { Version: '2012-10-17', Id: 'default', Statement: [...statements.values()] };
      return { Policy: JSON.stringify(policy), RevisionId: fn.latest.revision };
    },
  };
}

function describeStatement(input: lambda.AddPermissionRequest, resource: string): object {
  const principal = input.Principal ?? '';
  const conditions = {
    ...(input.SourceAccount === undefined ? {} : { StringEquals: { 'AWS:SourceAccount': input.SourceAccount } }),
    ...(input.SourceArn === undefined ? {} : { ArnLike: { 'AWS:SourceArn': input.SourceArn } }),
  };
  return {
    Sid: input.StatementId,
    Effect: 'Allow',
    Principal: principal.endsWith('.amazonaws.com') ? { Service: principal } : { AWS: principal },
    Action: input.Action,
    Resource: resource,
    ...(Object.keys(conditions).length > 0 ? { Condition: conditions } : {}),
  };
}
