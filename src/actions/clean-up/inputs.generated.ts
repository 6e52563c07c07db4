// Generated from actions/clean-up/action.yml by scripts/generate/inputs.ts. Change action.yml and run `npm run generate`.
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
  /** `true` lists what would be removed with its age and cost, and removes nothing. */
  readonly dryRun: boolean;
}

/** Reads every input; throws one ActionError with all that is wrong. */
export function readInputs(reader: InputReader): Inputs {
  reader.declare(["spec","environment","github-token","role-to-assume","dry-run"]);
  const inputs: Inputs = {
    spec: reader.required("spec"),
    environment: reader.text("environment"),
    githubToken: reader.required("github-token"),
    roleToAssume: reader.text("role-to-assume"),
    dryRun: reader.boolean("dry-run") ?? false,
  };
  throwProblems(reader.problems);
  return inputs;
}
