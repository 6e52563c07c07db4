import type * as lambda from '@aws-sdk/client-lambda';
import { AwsError } from '../../contract.ts';
import { floorOf, sumProvisioned, sumSetAside } from './handle-concurrency.ts';
import type { LambdaDeps } from './deps.ts';
import { type Alias, type Fn, latestVersion } from './functions.ts';
import { page } from './page.ts';
import { refuseConflict, refuseValue } from './refusals.ts';
import { showTime } from './show-function.ts';

interface Asked {
  readonly FunctionName: string | undefined;
  readonly Qualifier: string | undefined;
}

/** Workers that are kept ready for a version, asked for by its number or by an alias. */
export function createProvisionedHandlers(deps: LambdaDeps) {
  const { table, cloud } = deps;

  const find = (input: Asked) => {
    const { fn, qualifier = latestVersion } = table.get(input.FunctionName, input.Qualifier);
    if (qualifier === latestVersion)
      throw refuseValue('Provisioned Concurrency Configs cannot be applied to unpublished function versions.');
    const deployment = table.resolve({ fn, qualifier }, () => 1);
    return { fn, qualifier, deployment };
  };

  function show(fn: Fn, qualifier: string): lambda.GetProvisionedConcurrencyConfigResponse {
    const config = fn.provisioned.get(qualifier);
    if (!config)
      throw new AwsError(
        'ProvisionedConcurrencyConfigNotFoundException',
        'No Provisioned Concurrency Config found for this function',
        {
          members: { Type: 'User' },
        },
      );
    const { ready, failure } = table.resolve({ fn, qualifier }, () => 1).pool.provisioned;
    const there = config.readyFrom > cloud.clock.now() ? 0 : Math.min(ready, config.requested);
    const status = failure === undefined ? (there === config.requested ? 'READY' : 'IN_PROGRESS') : 'FAILED';
    return {
      RequestedProvisionedConcurrentExecutions: config.requested,
      AvailableProvisionedConcurrentExecutions: there,
      AllocatedProvisionedConcurrentExecutions: there,
      Status: status,
      ...(failure === undefined ? {} : { StatusReason: failure }),
      LastModified: showTime(config.modified),
    };
  }

  return {
    PutProvisionedConcurrencyConfig: (input: lambda.PutProvisionedConcurrencyConfigRequest) => {
      const { fn, qualifier, deployment } = find(input);
      const requested = input.ProvisionedConcurrentExecutions ?? 0;
      checkExclusive(fn, qualifier, deployment.version);
      checkRoom(deps, fn, qualifier, requested);
      fn.provisioned.set(qualifier, { requested, modified: cloud.clock.now(), readyFrom: deps.after('provision') });
      deployment.pool.provision(requested);
      // It begins with nothing, also where it is over in no time.
      return {
        ...show(fn, qualifier),
        Status: 'IN_PROGRESS',
        AvailableProvisionedConcurrentExecutions: 0,
        AllocatedProvisionedConcurrentExecutions: 0,
      };
    },
    GetProvisionedConcurrencyConfig: (input: lambda.GetProvisionedConcurrencyConfigRequest) => {
      const { fn, qualifier } = find(input);
      return show(fn, qualifier);
    },
    DeleteProvisionedConcurrencyConfig: (input: lambda.DeleteProvisionedConcurrencyConfigRequest) => {
      const { fn, qualifier, deployment } = find(input);
      if (fn.provisioned.delete(qualifier)) deployment.pool.provision(0);
      return {};
    },
    ListProvisionedConcurrencyConfigs: (
      input: lambda.ListProvisionedConcurrencyConfigsRequest,
    ): lambda.ListProvisionedConcurrencyConfigsResponse => {
      const { fn } = table.get(input.FunctionName);
      const { items, next } = page([...fn.provisioned.keys()], input);
      const shown = items.map((qualifier) => Object.assign(show(fn, qualifier), { FunctionArn: `${fn.arn}:${qualifier}` }));
      return { ProvisionedConcurrencyConfigs: shown, ...next };
    },
  };
}

/** One version has it once, by its number or by one alias; and an alias that splits its calls cannot have it. */
function checkExclusive(fn: Fn, qualifier: string, version: string): void {
  const alias = fn.aliases.get(qualifier);
  if (alias && Object.keys(alias.weights).length > 0)
    throw refuseValue('Alias with weights can not be used with Provisioned Concurrency');
  const others = [...fn.provisioned.keys()].filter((other) => other !== qualifier);
  const same = others.filter((other) => (fn.aliases.get(other)?.version ?? other) === version);
  if (same.length === 0) return;
  throw refuseConflict(
    alias
      ? "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version"
      : 'Version is pointed by a Provisioned Concurrency alias',
  );
}

function checkRoom({ table, accountLimit, machineLimit }: LambdaDeps, fn: Fn, qualifier: string, requested: number): void {
  const total = sumProvisioned(fn) - (fn.provisioned.get(qualifier)?.requested ?? 0) + requested;
  if (fn.reserved !== undefined && total > fn.reserved)
    throw refuseValue(
      'Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function',
    );
  const floor = floorOf(accountLimit);
  if (fn.reserved === undefined && accountLimit - sumSetAside(table.all(), fn) - total < floor)
    throw refuseValue(
      `Specified ConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [${floor}].`,
    );
  const all = table.all().reduce((sum, other) => sum + (other === fn ? total : sumProvisioned(other)), 0);
  if (all > machineLimit / 2)
    throw refuseValue(
      `The local cloud keeps at most ${Math.floor(machineLimit / 2)} workers ready on this machine, over all functions; ${all} were asked for.`,
    );
}

/** What an alias has moves with it to its new version. @param now undefined: the alias goes away */
export function moveProvisioned(deps: LambdaDeps, fn: Fn, before: Alias, now: Alias | undefined): void {
  const config = fn.provisioned.get(before.name);
  if (!config || before.version === now?.version) return;
  fn.versions.get(before.version)?.pool.provision(0);
  if (!now) return void fn.provisioned.delete(before.name);
  fn.provisioned.set(before.name, { ...config, readyFrom: deps.after('provision') });
  fn.versions.get(now.version)?.pool.provision(config.requested);
}
