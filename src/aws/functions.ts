import {
  CreateAliasCommand,
  CreateFunctionCommand,
  DeleteAliasCommand,
  DeleteFunctionCommand,
  GetAliasCommand,
  GetFunctionCommand,
  GetFunctionConfigurationCommand,
  LambdaClient,
  ListVersionsByFunctionCommand,
  UpdateAliasCommand,
} from '@aws-sdk/client-lambda';
import type { FunctionRequest, Functions, FunctionState } from '../serving/ports.ts';
import { waitFor } from '../time/wait-for.ts';
import type { Clients } from './clients.ts';
import { call, countAttempts, findCode } from './errors.ts';
import { whenReady } from './function-ready.ts';
import { listPages, orMissing } from './hosting-answers.ts';
import { publishVersion, toConfiguration } from './publish-version.ts';

const doing = (action: string, name: string) => ({ action: `lambda:${action}`, resource: `the function ${name}` });

/** A role that was made a moment ago cannot be assumed yet. */
const roleSeenMs = 60_000;

/** Lambda functions with their versions and aliases. */
export function createFunctions(clients: Clients): Functions {
  const lambda = clients.of(LambdaClient);
  const { clock } = clients;

  async function describe(name: string): Promise<FunctionState | undefined> {
    const send = () => lambda.send(new GetFunctionCommand({ FunctionName: name }));
    const answer = await call(doing('GetFunction', name), () => orMissing(send));
    const configuration = answer?.Configuration;
    return (
      configuration && {
        name,
        arn: configuration.FunctionArn ?? '',
        codeSha256: configuration.CodeSha256 ?? '',
        roleArn: configuration.Role ?? '',
        lastUpdate: configuration.LastUpdateStatus ?? 'Successful',
        tags: { ...answer.Tags },
      }
    );
  }

  async function create(request: FunctionRequest): Promise<'created' | 'exists' | 'role-unseen'> {
    const command = new CreateFunctionCommand({
      ...toConfiguration(request),
      Code: { ZipFile: request.zip },
      PackageType: 'Zip',
      Architectures: ['x86_64'],
      Tags: { ...request.tags },
    });
    try {
      await lambda.send(command);
      return 'created';
    } catch (error) {
      if (findCode(error) === 'ResourceConflictException') return 'exists';
      if (isRoleUnseen(error)) return 'role-unseen';
      throw error;
    }
  }

  async function ensure(request: FunctionRequest): Promise<'created' | 'exists'> {
    if (await describe(request.name)) return 'exists';
    const outcome = await call(doing('CreateFunction', request.name), async () => {
      const waited = await waitFor({
        look: () => create(request),
        judge: (seen) => (seen === 'role-unseen' ? undefined : seen),
        limitMs: roleSeenMs,
        clock,
      });
      if (waited.outcome === 'reached') return waited.result;
      // Once more, for Lambda's own words.
      await lambda.send(
        new CreateFunctionCommand({ ...toConfiguration(request), Code: { ZipFile: request.zip }, Tags: { ...request.tags } }),
      );
      return 'created' as const;
    });
    await whenReady(lambda, request.name, undefined, clock);
    return outcome;
  }

  async function alias(name: string, aliasName: string) {
    const send = () => lambda.send(new GetAliasCommand({ FunctionName: name, Name: aliasName }));
    const answer = await call(doing('GetAlias', `${name}:${aliasName}`), () => orMissing(send));
    return (
      answer && {
        version: answer.FunctionVersion ?? '',
        revision: answer.RevisionId ?? '',
        weighted: Object.keys(answer.RoutingConfig?.AdditionalVersionWeights ?? {}).length > 0,
        description: answer.Description ?? '',
      }
    );
  }

  async function putAlias(
    name: string,
    aliasName: string,
    version: string,
    revision: string | undefined,
    description: string,
  ): Promise<'done' | 'moved-by-others'> {
    const target = { FunctionName: name, Name: aliasName, FunctionVersion: version, Description: description };
    const action = revision === undefined ? 'CreateAlias' : 'UpdateAlias';
    return call(doing(action, `${name}:${aliasName}`), async () => {
      try {
        if (revision === undefined) await lambda.send(new CreateAliasCommand(target));
        else {
          const whole = { RoutingConfig: { AdditionalVersionWeights: {} }, RevisionId: revision };
          await lambda.send(new UpdateAliasCommand({ ...target, ...whole }));
        }
        return 'done';
      } catch (error) {
        if (!isMoved(error)) throw error;
        if (countAttempts(error) === 1) return 'moved-by-others';
        // An earlier attempt may have done it and lost its answer: then the alias is as we asked, to the letter.
        const now = await alias(name, aliasName);
        return now?.version === version && now.description === description ? 'done' : 'moved-by-others';
      }
    });
  }

  return {
    describe,
    ensure,
    publish: (request) => call(doing('PublishVersion', request.name), () => publishVersion(lambda, request, clock)),
    async version(name, version) {
      const send = () => lambda.send(new GetFunctionConfigurationCommand({ FunctionName: name, Qualifier: version }));
      const answer = await call(doing('GetFunctionConfiguration', `${name}:${version}`), () => orMissing(send));
      return (
        answer && {
          version: answer.Version ?? version,
          environment: { ...answer.Environment?.Variables },
          description: answer.Description ?? '',
        }
      );
    },
    versions: (name) =>
      listPages(async (Marker) => {
        const send = () => lambda.send(new ListVersionsByFunctionCommand({ FunctionName: name, Marker }));
        const page = await call(doing('ListVersionsByFunction', name), () => orMissing(send));
        const found = (page?.Versions ?? []).flatMap(({ Version: version, Environment, LastModified }) =>
          version === undefined || version === '$LATEST'
            ? []
            : [{ version, environment: { ...Environment?.Variables }, modified: new Date(LastModified ?? 0) }],
        );
        return { found, next: page?.NextMarker };
      }),
    alias,
    putAlias,
    async deleteAlias(name, aliasName) {
      const send = () => lambda.send(new DeleteAliasCommand({ FunctionName: name, Name: aliasName }));
      await call(doing('DeleteAlias', `${name}:${aliasName}`), () => orMissing(send));
    },
    async deleteVersion(name, version) {
      // Without a qualifier this call deletes the whole function.
      if (!/^[1-9][0-9]*$/.test(version)) throw new RangeError(`${JSON.stringify(version)} is no version of a function.`);
      const send = () => lambda.send(new DeleteFunctionCommand({ FunctionName: name, Qualifier: version }));
      await call(doing('DeleteFunction', `${name}:${version}`), () => orMissing(send));
    },
  };
}

const isRoleUnseen = (error: unknown): boolean =>
  findCode(error) === 'InvalidParameterValueException' &&
  error instanceof Error &&
  /cannot be assumed by Lambda/i.test(error.message);

/** The alias is not at that revision, is there already, or is gone. */
function isMoved(error: unknown): boolean {
  const code = findCode(error);
  return code === 'PreconditionFailedException' || code === 'ResourceConflictException' || code === 'ResourceNotFoundException';
}
