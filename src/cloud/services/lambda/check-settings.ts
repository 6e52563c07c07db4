import type { CreateFunctionRequest, UpdateFunctionConfigurationRequest } from '@aws-sdk/client-lambda';
import type { Roles } from '../../contract.ts';
import type { Settings } from './functions.ts';
import { refuseValue } from './refusals.ts';

type Request = CreateFunctionRequest | UpdateFunctionConfigurationRequest;

/** What AWS still takes for new functions (read 2026-10), as far as this machine executes it. */
const runtimes = /^(nodejs2[24]\.x|python3\.1[0-4])$/;
const reservedKeys = new Set([
  '_HANDLER',
  '_X_AMZN_TRACE_ID',
  'AWS_ACCESS_KEY',
  'AWS_ACCESS_KEY_ID',
  'AWS_DEFAULT_REGION',
  'AWS_EXECUTION_ENV',
  'AWS_LAMBDA_FUNCTION_MEMORY_SIZE',
  'AWS_LAMBDA_FUNCTION_NAME',
  'AWS_LAMBDA_FUNCTION_VERSION',
  'AWS_LAMBDA_INITIALIZATION_TYPE',
  'AWS_LAMBDA_LOG_GROUP_NAME',
  'AWS_LAMBDA_LOG_STREAM_NAME',
  'AWS_LAMBDA_RUNTIME_API',
  'AWS_REGION',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'LAMBDA_RUNTIME_DIR',
  'LAMBDA_TASK_ROOT',
]);
const mostVariableBytes = 4096;
const mostMemoryMb = 10_240;
const mostSeconds = 900;

/** Members that would have to change what runs, and do not here. */
const unsupported = [
  'Layers',
  'FileSystemConfigs',
  'ImageConfig',
  'SnapStart',
  'CapacityProviderConfig',
  'DurableConfig',
  'TenancyConfig',
] as const;

/** The settings a request leads to. @throws InvalidParameterValueException in AWS's words where they are known */
export function readSettings(request: Request, before: Settings | undefined, roles: Roles): Settings {
  for (const member of unsupported) {
    const value: unknown = Reflect.get(request, member);
    const empty = value === undefined || (Array.isArray(value) && value.length === 0);
    if (!empty && JSON.stringify(value) !== '{"ApplyOn":"None"}')
      throw refuseValue(`The local cloud does not execute ${member}: leave it out.`);
  }
  const settings: Settings = {
    ...before,
    ...pick(request),
    Role: request.Role ?? before?.Role ?? '',
    Timeout: request.Timeout ?? before?.Timeout ?? 3,
    MemorySize: request.MemorySize ?? before?.MemorySize ?? 128,
  };
  checkLimits(settings);
  checkVariables(settings.Environment?.Variables ?? {});
  if (roles.assumableBy(settings.Role, 'lambda.amazonaws.com') !== 'yes')
    throw refuseValue('The role defined for the function cannot be assumed by Lambda.');
  return settings;
}

const kept = [
  'Runtime',
  'Handler',
  'Description',
  'VpcConfig',
  'DeadLetterConfig',
  'Environment',
  'KMSKeyArn',
  'TracingConfig',
  'EphemeralStorage',
] as const;

function pick(request: Request): Partial<Settings> {
  return Object.fromEntries(kept.flatMap((name) => (request[name] === undefined ? [] : [[name, request[name]]])));
}

function checkLimits({ Runtime, Handler, Timeout, MemorySize }: Settings): void {
  if (Runtime === undefined || Handler === undefined || Handler === '')
    throw refuseValue('Runtime and Handler are mandatory parameters for functions created with deployment packages.');
  if (!runtimes.test(Runtime))
    throw refuseValue(
      `The runtime parameter of ${Runtime} is not one the local cloud creates or updates functions with: it executes nodejs22.x, nodejs24.x and python3.10 to python3.14.`,
    );
  if (Timeout > mostSeconds) throw refuseLimit(Timeout, 'timeout', mostSeconds);
  if (MemorySize > mostMemoryMb) throw refuseLimit(MemorySize, 'memorySize', mostMemoryMb);
}

const refuseLimit = (value: number, member: string, most: number) =>
  refuseValue(
    `1 validation error detected: Value '${value}' at '${member}' failed to satisfy constraint: Member must have value less than or equal to ${most}`,
  );

function checkVariables(variables: Readonly<Record<string, string>>): void {
  const unable = 'Lambda was unable to configure your environment variables because the environment variables you have provided';
  const taken = Object.keys(variables).filter((name) => reservedKeys.has(name));
  if (taken.length > 0)
    throw refuseValue(
      `${unable} contains reserved keys that are currently not supported for modification. Reserved keys used in this request: ${taken.join(', ')}`,
    );
  const measured = JSON.stringify(variables);
  if (Buffer.byteLength(measured) > mostVariableBytes)
    throw refuseValue(`${unable} exceeded the 4KB limit. String measured: ${measured}`);
}
