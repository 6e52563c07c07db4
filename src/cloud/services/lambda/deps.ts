import type { Cloud } from '../../contract.ts';
import type { FunctionTable } from './function-table.ts';
import type { Code, Deployment, Settings } from './functions.ts';

export interface LambdaDeps {
  readonly cloud: Cloud;
  readonly table: FunctionTable;
  /** Concurrent calls the account may have, over all functions. */
  readonly accountLimit: number;
  /** Workers this machine runs at once, over all functions. */
  readonly machineLimit: number;
  readonly deploy: (functionName: string, parts: DeploymentParts) => Deployment;
  /** The time, after what the weather takes for `what`. */
  readonly after: (what: 'create' | 'update' | 'publish' | 'provision') => Date;
  readonly arnOf: (functionName: string) => string;
  /** Where archives are unpacked. */
  readonly codeFolder: (functionName: string) => string;
}

interface DeploymentParts {
  readonly version: string;
  readonly settings: Settings;
  readonly code: Code;
  readonly activeFrom: Date;
}
