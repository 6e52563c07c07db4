import type * as lambda from '@aws-sdk/client-lambda';
import { access, anywhere, type AccessTable, arnOf, passRole, requestTags, type Scope } from './scope.ts';

const service = 'lambda.amazonaws.com';

interface Named {
  readonly FunctionName: string | undefined;
  readonly Qualifier?: string | undefined;
}

/** ARN of a function that is called by its name, its name and qualifier, a part of its ARN or all of it. */
function functionArn({ FunctionName: given = '', Qualifier: qualifier }: Named, scope: Scope): string {
  const [name = '', own] = given.replace(/^(.*:)?function:/, '').split(':');
  const end = qualifier ?? own;
  return arnOf(scope, 'lambda', `function:${name}${end === undefined ? '' : `:${end}`}`);
}

const on = (action: string) => (input: Named, scope: Scope) => [access(`lambda:${action}`, functionArn(input, scope))];
/** For operations on a function whose qualifier is not part of what may be allowed. */
const onWhole = (action: string) => (input: Named, scope: Scope) => [
  access(`lambda:${action}`, functionArn({ FunctionName: input.FunctionName }, scope)),
];

export const lambdaAccess = {
  AddPermission: on('AddPermission'),
  CreateAlias: onWhole('CreateAlias'),
  CreateFunction: (input: lambda.CreateFunctionRequest, scope: Scope) => {
    const [arn, context] = [functionArn(input, scope), requestTags(Object.entries(input.Tags ?? {}))];
    return [
      access('lambda:CreateFunction', arn, context),
      ...('aws:tagkeys' in context ? [access('lambda:TagResource', arn, context)] : []),
      ...passRole(input.Role, service),
    ];
  },
  DeleteAlias: onWhole('DeleteAlias'),
  DeleteFunction: on('DeleteFunction'),
  DeleteFunctionConcurrency: onWhole('DeleteFunctionConcurrency'),
  DeleteProvisionedConcurrencyConfig: on('DeleteProvisionedConcurrencyConfig'),
  GetAccountSettings: anywhere('lambda:GetAccountSettings'),
  GetAlias: onWhole('GetAlias'),
  GetFunction: on('GetFunction'),
  GetFunctionConcurrency: onWhole('GetFunctionConcurrency'),
  GetFunctionConfiguration: on('GetFunctionConfiguration'),
  GetPolicy: on('GetPolicy'),
  GetProvisionedConcurrencyConfig: on('GetProvisionedConcurrencyConfig'),
  Invoke: on('InvokeFunction'),
  ListAliases: onWhole('ListAliases'),
  ListFunctions: anywhere('lambda:ListFunctions'),
  ListProvisionedConcurrencyConfigs: onWhole('ListProvisionedConcurrencyConfigs'),
  ListTags: (input: lambda.ListTagsRequest) => [access('lambda:ListTags', input.Resource ?? '')],
  ListVersionsByFunction: onWhole('ListVersionsByFunction'),
  PublishVersion: onWhole('PublishVersion'),
  PutFunctionConcurrency: onWhole('PutFunctionConcurrency'),
  PutProvisionedConcurrencyConfig: on('PutProvisionedConcurrencyConfig'),
  RemovePermission: on('RemovePermission'),
  TagResource: (input: lambda.TagResourceRequest) => [
    access('lambda:TagResource', input.Resource ?? '', requestTags(Object.entries(input.Tags ?? {}))),
  ],
  UntagResource: (input: lambda.UntagResourceRequest) => [
    access('lambda:UntagResource', input.Resource ?? '', { 'aws:tagkeys': input.TagKeys ?? [] }),
  ],
  UpdateAlias: onWhole('UpdateAlias'),
  UpdateFunctionCode: onWhole('UpdateFunctionCode'),
  UpdateFunctionConfiguration: (input: lambda.UpdateFunctionConfigurationRequest, scope: Scope) => [
    access('lambda:UpdateFunctionConfiguration', functionArn({ FunctionName: input.FunctionName }, scope)),
    ...passRole(input.Role, service),
  ],
} satisfies AccessTable;
