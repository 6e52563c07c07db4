import type * as lambda from '@aws-sdk/client-lambda';
import type { LambdaDeps } from './deps.ts';
import type { Fn } from './functions.ts';
import { refuseValue } from './refusals.ts';

/** What an account must leave to functions that reserve nothing; less only where its limit is smaller. */
const usualFloor = 100;
export const floorOf = (accountLimit: number): number => Math.min(usualFloor, accountLimit);

export const sumProvisioned = (fn: Fn): number => [...fn.provisioned.values()].reduce((sum, { requested }) => sum + requested, 0);

/** Concurrency set aside for some functions, and so not there for the others. @param without a function that is not counted */
export function sumSetAside(fns: readonly Fn[], without?: Fn): number {
  return fns.filter((fn) => fn !== without).reduce((sum, fn) => sum + (fn.reserved ?? sumProvisioned(fn)), 0);
}

/** Reserved concurrency, and what the account has. */
export function createConcurrencyHandlers({ table, accountLimit }: LambdaDeps) {
  return {
    PutFunctionConcurrency: (input: lambda.PutFunctionConcurrencyRequest): lambda.Concurrency => {
      const { fn } = table.get(input.FunctionName);
      const asked = input.ReservedConcurrentExecutions ?? 0;
      const floor = floorOf(accountLimit);
      if (asked > 0 && accountLimit - sumSetAside(table.all(), fn) - asked < floor)
        throw refuseValue(
          `Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [${floor}].`,
        );
      const provisioned = sumProvisioned(fn);
      if (asked < provisioned)
        throw refuseValue(
          ` ReservedConcurrentExecutions  ${asked} should not be lower than function's total provisioned concurrency [${provisioned}].`,
        );
      fn.reserved = asked;
      return { ReservedConcurrentExecutions: asked };
    },
    GetFunctionConcurrency: (input: lambda.GetFunctionConcurrencyRequest): lambda.GetFunctionConcurrencyResponse => {
      const { reserved } = table.get(input.FunctionName).fn;
      return reserved === undefined ? {} : { ReservedConcurrentExecutions: reserved };
    },
    DeleteFunctionConcurrency: (input: lambda.DeleteFunctionConcurrencyRequest) => {
      table.get(input.FunctionName).fn.reserved = undefined;
      return {};
    },
    GetAccountSettings: (): lambda.GetAccountSettingsResponse => {
      const all = table.all();
      const archives = all.flatMap((fn) => [fn.latest, ...fn.versions.values()]);
      return {
        AccountLimit: {
          TotalCodeSize: 80_530_636_800,
          CodeSizeUnzipped: 262_144_000,
          CodeSizeZipped: 52_428_800,
          ConcurrentExecutions: accountLimit,
          UnreservedConcurrentExecutions: accountLimit - sumSetAside(all),
        },
        AccountUsage: { TotalCodeSize: archives.reduce((sum, { code }) => sum + code.bytes, 0), FunctionCount: all.length },
      };
    },
  };
}
