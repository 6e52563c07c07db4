// Generated from action.yml by scripts/generate/inputs.ts. Change action.yml and run `npm run generate`.
import { throwProblems } from '../../action-error.ts';
import type { InputReader } from '../../runner/ports.ts';

export interface Inputs {
  /** Path of the model's trainyard.yml. */
  readonly spec: string;
  /** Name under `environments` of the spec whose values are laid over it. */
  readonly environment: string | undefined;
  /** Token that may write comments on pull requests (`pull-requests: write`). */
  readonly githubToken: string;
  /** ARN of the IAM role to assume with GitHub's OIDC token (`id-token: write`). Without it the default credential chain is used. */
  readonly roleToAssume: string | undefined;
}

/** Reads every input; throws one ActionError with all that is wrong. */
export function readInputs(reader: InputReader): Inputs {
  reader.declare(["spec","environment","github-token","role-to-assume"]);
  const inputs: Inputs = {
    spec: reader.required("spec"),
    environment: reader.text("environment"),
    githubToken: reader.required("github-token"),
    roleToAssume: reader.text("role-to-assume"),
  };
  throwProblems(reader.problems);
  return inputs;
}
