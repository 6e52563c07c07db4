import type * as lambda from '@aws-sdk/client-lambda';
import { checkIdle } from './function-table.ts';
import { readSettings } from './check-settings.ts';
import { readArchive, unpack } from './code.ts';
import type { LambdaDeps } from './deps.ts';
import { type Code, type Fn, latestVersion, type Settings } from './functions.ts';
import { publish } from './handle-versions.ts';
import { page } from './page.ts';
import { refuseConflict, refuseRevision, refuseValue } from './refusals.ts';
import { showCreated, showLatest, showQualified } from './show-function.ts';

/** Functions themselves: made, read, changed, removed. */
export function createFunctionHandlers(deps: LambdaDeps) {
  const { cloud, table } = deps;

  async function create(input: lambda.CreateFunctionRequest): Promise<lambda.FunctionConfiguration> {
    const name = /([\w-]+)$/.exec(input.FunctionName ?? '')?.[1] ?? '';
    if (input.PackageType === 'Image')
      throw refuseValue('Container images are not executed by the local cloud; use PackageType Zip.');
    const settings = readSettings(input, undefined, cloud.roles);
    const code = await unpack(await readArchive(input.Code, cloud.buckets), deps.codeFolder(name));
    // After everything that waits: of two that make the same function at once, one comes second here.
    if (table.find(name)) throw refuseConflict(`Function already exist: ${name}`);
    const createdFrom = deps.after('create');
    const fn: Fn = {
      name,
      arn: deps.arnOf(name),
      tags: new Map(Object.entries(input.Tags ?? {})),
      versions: new Map(),
      aliases: new Map(),
      provisioned: new Map(),
      statements: new Map(),
      latest: deps.deploy(name, { version: latestVersion, settings, code, activeFrom: createdFrom }),
      update: undefined,
      createdFrom,
      reserved: undefined,
      lastVersion: 0,
      running: 0,
    };
    table.add(fn);
    const published = input.Publish === true ? publish(deps, fn, {}) : {};
    return { ...showCreated(fn), ...published };
  }

  /** What $LATEST is to become. The answer says InProgress also when it is over in no time, as on AWS. */
  function change(fn: Fn, settings: Settings, code: Code): lambda.FunctionConfiguration {
    const doneFrom = deps.after('update');
    fn.update = { next: deps.deploy(fn.name, { version: latestVersion, settings, code, activeFrom: fn.createdFrom }), doneFrom };
    return showLatest(fn, cloud.clock);
  }

  const getChangeable = (name: string | undefined, revision: string | undefined): Fn => {
    const { fn, qualifier } = table.get(name);
    if (qualifier !== undefined && qualifier !== latestVersion) throw refuseValue('Only $LATEST can be changed.');
    checkIdle(fn, cloud.clock);
    if (revision !== undefined && revision !== fn.latest.revision) throw refuseRevision('GetFunction/GetAlias');
    return fn;
  };

  async function updateCode(input: lambda.UpdateFunctionCodeRequest): Promise<lambda.FunctionConfiguration> {
    getChangeable(input.FunctionName, input.RevisionId);
    const { fn: known } = table.get(input.FunctionName);
    const code = await unpack(await readArchive(input, cloud.buckets), deps.codeFolder(known.name));
    // Once more: another change may have begun while the archive was unpacked.
    const fn = getChangeable(input.FunctionName, input.RevisionId);
    if (input.DryRun === true) return { ...showLatest(fn, cloud.clock), CodeSha256: code.sha256, CodeSize: code.bytes };
    const shown = change(fn, fn.latest.settings, code);
    if (input.Publish !== true) return shown;
    return publish(deps, fn, {}, fn.update?.next ?? fn.latest);
  }

  function updateConfiguration(input: lambda.UpdateFunctionConfigurationRequest): lambda.FunctionConfiguration {
    const fn = getChangeable(input.FunctionName, input.RevisionId);
    return change(fn, readSettings(input, fn.latest.settings, cloud.roles), fn.latest.code);
  }

  function remove(input: lambda.DeleteFunctionRequest): object {
    const { fn, qualifier } = table.get(input.FunctionName, input.Qualifier);
    if (qualifier === undefined) {
      table.remove(fn);
      for (const { pool } of [fn.latest, ...fn.versions.values(), ...(fn.update ? [fn.update.next] : [])]) pool.retire();
      return { StatusCode: 204 };
    }
    if (qualifier === latestVersion) throw refuseValue('$LATEST version cannot be deleted without deleting the function.');
    if (!/^\d+$/.test(qualifier))
      throw refuseValue('Deletion of aliases is not currently supported; delete a version or the function.');
    const users = [...fn.aliases.values()].filter((alias) => alias.version === qualifier || qualifier in alias.weights);
    if (users.length > 0)
      throw refuseConflict(`Version ${fn.arn}:${qualifier} is used by the alias ${users.map(({ name }) => name).join(', ')}.`);
    fn.versions.get(qualifier)?.pool.retire();
    fn.versions.delete(qualifier);
    fn.provisioned.delete(qualifier);
    return { StatusCode: 204 };
  }

  const showTarget = (name: string | undefined, beside: string | undefined): lambda.FunctionConfiguration => {
    const target = table.get(name, beside);
    return showQualified(
      target.fn,
      table.resolve(target, () => 1),
      target.qualifier,
      cloud.clock,
    );
  };

  return {
    CreateFunction: create,
    UpdateFunctionCode: updateCode,
    UpdateFunctionConfiguration: updateConfiguration,
    DeleteFunction: remove,
    GetFunctionConfiguration: (input: lambda.GetFunctionConfigurationRequest) => showTarget(input.FunctionName, input.Qualifier),
    /** Without Code.Location: nobody downloads an archive from here. */
    GetFunction: (input: lambda.GetFunctionRequest): lambda.GetFunctionResponse => {
      const { fn } = table.get(input.FunctionName, input.Qualifier);
      return {
        Configuration: showTarget(input.FunctionName, input.Qualifier),
        Code: { RepositoryType: 'S3' },
        ...(fn.tags.size > 0 ? { Tags: Object.fromEntries(fn.tags) } : {}),
        ...(fn.reserved === undefined ? {} : { Concurrency: { ReservedConcurrentExecutions: fn.reserved } }),
      };
    },
    ListFunctions: (input: lambda.ListFunctionsRequest): lambda.ListFunctionsResponse => {
      const ofFunction = (fn: Fn): lambda.FunctionConfiguration[] => {
        const versions = input.FunctionVersion === 'ALL' ? [...fn.versions.values()] : [];
        return [showLatest(fn, cloud.clock)].concat(versions.map((one) => showQualified(fn, one, one.version, cloud.clock)));
      };
      const all = table.all().flatMap(ofFunction);
      const { items, next } = page(all, input);
      return { Functions: items, ...next };
    },
  };
}
