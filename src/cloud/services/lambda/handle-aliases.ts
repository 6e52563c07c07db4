import type * as lambda from '@aws-sdk/client-lambda';
import { randomUUID } from 'node:crypto';
import type { LambdaDeps } from './deps.ts';
import { getAlias } from './function-table.ts';
import { moveProvisioned } from './handle-provisioned.ts';
import { type Alias, type Fn, latestVersion } from './functions.ts';
import { page } from './page.ts';
import { refuseConflict, refuseRevision, refuseValue } from './refusals.ts';

/** Aliases: names that point to a version, or to two by weight. To move one is an assignment: a call has its version already. */
export function createAliasHandlers(deps: LambdaDeps) {
  const { table } = deps;

  function put(fn: Fn, alias: Omit<Alias, 'revision'>): lambda.AliasConfiguration {
    checkTargets(deps, fn, alias);
    const before = fn.aliases.get(alias.name);
    const made = { ...alias, revision: randomUUID() };
    fn.aliases.set(alias.name, made);
    if (before) moveProvisioned(deps, fn, before, made);
    return showAlias(fn, made);
  }

  return {
    CreateAlias: (input: lambda.CreateAliasRequest) => {
      const { fn } = table.get(input.FunctionName);
      const name = input.Name ?? '';
      if (fn.aliases.has(name)) throw refuseConflict(`Alias already exists: ${fn.arn}:${name}`);
      const version = input.FunctionVersion ?? '';
      return put(fn, { name, version, description: input.Description ?? '', weights: weightsOf(input) ?? {} });
    },
    UpdateAlias: (input: lambda.UpdateAliasRequest) => {
      const { fn } = table.get(input.FunctionName);
      const before = getAlias(fn, input.Name ?? '');
      if (input.RevisionId !== undefined && input.RevisionId !== before.revision) throw refuseRevision('GetAlias');
      return put(fn, {
        name: before.name,
        version: input.FunctionVersion ?? before.version,
        description: input.Description ?? before.description,
        weights: weightsOf(input) ?? before.weights,
      });
    },
    GetAlias: (input: lambda.GetAliasRequest) => {
      const { fn } = table.get(input.FunctionName);
      return showAlias(fn, getAlias(fn, input.Name ?? ''));
    },
    /** Of an alias that is not there, too: AWS says nothing about it. */
    DeleteAlias: (input: lambda.DeleteAliasRequest) => {
      const { fn } = table.get(input.FunctionName);
      const before = fn.aliases.get(input.Name ?? '');
      if (before) {
        moveProvisioned(deps, fn, before, undefined);
        fn.aliases.delete(before.name);
      }
      return {};
    },
    ListAliases: (input: lambda.ListAliasesRequest): lambda.ListAliasesResponse => {
      const { fn } = table.get(input.FunctionName);
      const { FunctionVersion: wanted } = input;
      const all = [...fn.aliases.values()].filter(
        ({ version, weights }) => wanted === undefined || version === wanted || wanted in weights,
      );
      const { items, next } = page(all, input);
      return { Aliases: items.map((alias) => showAlias(fn, alias)), ...next };
    },
  };
}

/** An empty map takes the weights away. */
const weightsOf = ({ RoutingConfig }: { RoutingConfig?: lambda.AliasRoutingConfiguration | undefined }) =>
  RoutingConfig && (RoutingConfig.AdditionalVersionWeights ?? {});

function checkTargets({ table }: LambdaDeps, fn: Fn, { name, version, weights }: Omit<Alias, 'revision'>): void {
  const others = Object.keys(weights);
  for (const one of [version, ...others]) {
    if (one !== latestVersion && !/^\d+$/.test(one)) throw refuseValue(`The version ${one} is invalid.`);
    table.resolve({ fn, qualifier: one });
  }
  if (others.length === 0) return;
  if (others.length > 1) throw refuseValue('Number of items in AdditionalVersionWeights cannot be greater than 1');
  if (others.includes(version))
    throw refuseValue(
      `Invalid function version ${version}. Function version ${version} is already included in routing configuration.`,
    );
  if (version === latestVersion || others.includes(latestVersion))
    throw refuseValue('$LATEST is not supported for an alias pointing to more than 1 version');
  if (fn.provisioned.has(name)) throw refuseValue('Alias with weights can not be used with Provisioned Concurrency');
}

function showAlias(fn: Fn, { name, version, description, weights, revision }: Alias): lambda.AliasConfiguration {
  return {
    AliasArn: `${fn.arn}:${name}`,
    Name: name,
    FunctionVersion: version,
    Description: description,
    RevisionId: revision,
    ...(Object.keys(weights).length > 0 ? { RoutingConfig: { AdditionalVersionWeights: { ...weights } } } : {}),
  };
}
