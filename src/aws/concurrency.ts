import {
  DeleteProvisionedConcurrencyConfigCommand,
  GetAccountSettingsCommand,
  GetFunctionConcurrencyCommand,
  GetProvisionedConcurrencyConfigCommand,
  LambdaClient,
  PutFunctionConcurrencyCommand,
  PutProvisionedConcurrencyConfigCommand,
} from '@aws-sdk/client-lambda';
import { ActionError } from '../action-error.ts';
import type { Concurrency } from '../serving/ports.ts';
import type { Clients } from './clients.ts';
import { call, findCode } from './errors.ts';
import { orMissing } from './hosting-answers.ts';
import { writeWhenFree } from './write-when-free.ts';

const doing = (action: string, name: string) => ({ action: `lambda:${action}`, resource: `the function ${name}` });

/** Reserved and provisioned concurrency of Lambda functions. */
export function createConcurrency(clients: Clients): Concurrency {
  const lambda = clients.of(LambdaClient);
  const { clock } = clients;
  const write = (action: string, name: string, send: () => Promise<unknown>) =>
    writeWhenFree({ doing: doing(action, name), send, busyCode: 'ResourceConflictException', clock });

  return {
    async account() {
      const answer = await call({ action: 'lambda:GetAccountSettings', resource: 'this account' }, () =>
        lambda.send(new GetAccountSettingsCommand({})),
      );
      const { ConcurrentExecutions: total, UnreservedConcurrentExecutions: unreserved } = answer.AccountLimit ?? {};
      if (total === undefined || unreserved === undefined)
        throw new ActionError({
          kind: 'aws',
          message: 'Lambda did not say how much concurrency this account has.',
          fix: 'Re-run this job.',
        });
      return { total, unreserved };
    },
    async reserved(name) {
      const send = () => lambda.send(new GetFunctionConcurrencyCommand({ FunctionName: name }));
      return (await call(doing('GetFunctionConcurrency', name), () => orMissing(send)))?.ReservedConcurrentExecutions;
    },
    putReserved: (name, concurrency) =>
      write('PutFunctionConcurrency', name, () =>
        lambda
          .send(new PutFunctionConcurrencyCommand({ FunctionName: name, ReservedConcurrentExecutions: concurrency }))
          .catch(explainLimits(name)),
      ),
    async provisioned(name, version) {
      const send = () => lambda.send(new GetProvisionedConcurrencyConfigCommand({ FunctionName: name, Qualifier: version }));
      const answer = await call(doing('GetProvisionedConcurrencyConfig', `${name}:${version}`), () => orNone(send));
      if (!answer) return undefined;
      return {
        requested: answer.RequestedProvisionedConcurrentExecutions ?? 0,
        available: answer.AvailableProvisionedConcurrentExecutions ?? 0,
        status: answer.Status ?? 'IN_PROGRESS',
        ...(answer.StatusReason === undefined ? {} : { reason: answer.StatusReason }),
      };
    },
    putProvisioned: (name, version, concurrency) =>
      write('PutProvisionedConcurrencyConfig', `${name}:${version}`, () =>
        lambda
          .send(
            new PutProvisionedConcurrencyConfigCommand({
              FunctionName: name,
              Qualifier: version,
              ProvisionedConcurrentExecutions: concurrency,
            }),
          )
          .catch(explainLimits(name)),
      ),
    deleteProvisioned: (name, version) =>
      write('DeleteProvisionedConcurrencyConfig', `${name}:${version}`, () =>
        orNone(() => lambda.send(new DeleteProvisionedConcurrencyConfigCommand({ FunctionName: name, Qualifier: version }))),
      ),
  };
}

/** The answer; undefined when the version has no provisioned concurrency, or is not there at all. */
function orNone<Answer>(send: () => Promise<Answer>): Promise<Answer | undefined> {
  return orMissing(async () => {
    try {
      return await send();
    } catch (error) {
      if (findCode(error) === 'ProvisionedConcurrencyConfigNotFoundException') return undefined;
      throw error;
    }
  });
}

/** Somebody else may have taken concurrency between our look at the account and this call. */
function explainLimits(name: string): (error: unknown) => never {
  return (error) => {
    const text = error instanceof Error ? error.message : '';
    const floor = /UnreservedConcurrentExecution below its minimum value of \[?(\d+)/.exec(text)?.[1];
    if (findCode(error) !== 'InvalidParameterValueException' || floor === undefined) throw error;
    throw new ActionError({
      kind: 'quota',
      message: `The account has too little concurrency left for the function ${name}: Lambda keeps ${floor} for all other functions.`,
      fix: 'Lower `scaling.lambda`, free the concurrency of other functions, or ask for more "Concurrent executions" in Service Quotas → AWS Lambda.',
      cause: error,
    });
  };
}
