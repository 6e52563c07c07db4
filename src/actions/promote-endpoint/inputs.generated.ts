// Generated from actions/promote-endpoint/action.yml by scripts/generate/inputs.ts. Change action.yml and run `npm run generate`.
import { throwProblems } from '../../action-error.ts';
import type { InputReader } from '../../runner/ports.ts';

export interface Inputs {
  /** Path of the model's trainyard.yml. */
  readonly spec: string;
  /** Name under `environments` of the spec whose values are laid over it. */
  readonly environment: string | undefined;
  /** Token that may write deployments (`deployments: write`). */
  readonly githubToken: string;
  /** ARN of the IAM role to assume with GitHub's OIDC token (`id-token: write`). Without it the default credential chain is used. */
  readonly roleToAssume: string | undefined;
  /** `true` makes the previous version live again instead of promoting a candidate. */
  readonly rollback: boolean;
  /** Name of the GitHub environment whose deployment is written. */
  readonly githubEnvironment: string;
}

/** Reads every input; throws one ActionError with all that is wrong. */
export function readInputs(reader: InputReader): Inputs {
  reader.declare(["spec","environment","github-token","role-to-assume","rollback","github-environment"]);
  const inputs: Inputs = {
    spec: reader.required("spec"),
    environment: reader.text("environment"),
    githubToken: reader.required("github-token"),
    roleToAssume: reader.text("role-to-assume"),
    rollback: reader.boolean("rollback") ?? false,
    githubEnvironment: reader.required("github-environment"),
  };
  throwProblems(reader.problems);
  return inputs;
}
