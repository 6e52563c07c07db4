// Generated from actions/smoke-invoke/action.yml by scripts/generate/inputs.ts. Change action.yml and run `npm run generate`.
import { throwProblems } from '../../action-error.ts';
import type { InputReader } from '../../runner/ports.ts';

export interface Inputs {
  /** Path of the model's trainyard.yml. */
  readonly spec: string;
  /** Name under `environments` of the spec whose values are laid over it. */
  readonly environment: string | undefined;
  /** Token that may read the repository. */
  readonly githubToken: string;
  /** ARN of the IAM role to assume with GitHub's OIDC token (`id-token: write`). Without it the default credential chain is used. */
  readonly roleToAssume: string | undefined;
  /** Alias or version of the function that is called. */
  readonly alias: string;
  /** Names of cases under `smoke`, separated by commas or new lines. Empty runs them all. */
  readonly cases: string | undefined;
}

/** Reads every input; throws one ActionError with all that is wrong. */
export function readInputs(reader: InputReader): Inputs {
  reader.declare(["spec","environment","github-token","role-to-assume","alias","cases"]);
  const inputs: Inputs = {
    spec: reader.required("spec"),
    environment: reader.text("environment"),
    githubToken: reader.required("github-token"),
    roleToAssume: reader.text("role-to-assume"),
    alias: reader.required("alias"),
    cases: reader.text("cases"),
  };
  throwProblems(reader.problems);
  return inputs;
}
