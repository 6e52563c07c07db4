// Generated from actions/deploy-endpoint/action.yml by scripts/generate/inputs.ts. Change action.yml and run `npm run generate`.
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
  /** s3:// URI of the model archive to deploy. Without it the model is found by the fingerprint of this commit's tree, then by the commit's record, among those of main and of releases. */
  readonly model: string | undefined;
  /** How long the candidate lives when nobody promotes it, e.g. `2h`. Without it `serve.candidate-ttl` of the spec. */
  readonly candidateTtl: string | undefined;
  /** `true` says what would be created and what it would cost, and creates nothing. */
  readonly dryRun: boolean;
}

/** Reads every input; throws one ActionError with all that is wrong. */
export function readInputs(reader: InputReader): Inputs {
  reader.declare(["spec","environment","github-token","role-to-assume","model","candidate-ttl","dry-run"]);
  const inputs: Inputs = {
    spec: reader.required("spec"),
    environment: reader.text("environment"),
    githubToken: reader.required("github-token"),
    roleToAssume: reader.text("role-to-assume"),
    model: reader.text("model"),
    candidateTtl: reader.text("candidate-ttl"),
    dryRun: reader.boolean("dry-run") ?? false,
  };
  throwProblems(reader.problems);
  return inputs;
}
