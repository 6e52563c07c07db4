// Generated from actions/stage-data/action.yml by scripts/generate/inputs.ts. Change action.yml and run `npm run generate`.
import { throwProblems } from '../../action-error.ts';
import type { InputReader } from '../../runner/ports.ts';

export interface Inputs {
  /** Path of the model's trainyard.yml. Its `data` channels are staged unless `from` and `to` are given. */
  readonly spec: string;
  /** Name under `environments` of the spec whose values are laid over it. */
  readonly environment: string | undefined;
  /** ARN of the IAM role to assume with GitHub's OIDC token (`id-token: write`). Without it the default credential chain is used. */
  readonly roleToAssume: string | undefined;
  /** Where the data comes from, instead of the spec's channels. The https address of a zip, tar or tar.gz archive, a folder of the repository, or an s3:// prefix. */
  readonly from: string | undefined;
  /** s3:// prefix that the data goes to. Needed with `from`, and only there. */
  readonly to: string | undefined;
  /** `true` removes objects below `to` that the source does not have. */
  readonly delete: boolean;
  /** `true` says what would be written and removed, and writes nothing. */
  readonly dryRun: boolean;
}

/** Reads every input; throws one ActionError with all that is wrong. */
export function readInputs(reader: InputReader): Inputs {
  reader.declare(["spec","environment","role-to-assume","from","to","delete","dry-run"]);
  const inputs: Inputs = {
    spec: reader.required("spec"),
    environment: reader.text("environment"),
    roleToAssume: reader.text("role-to-assume"),
    from: reader.text("from"),
    to: reader.text("to"),
    delete: reader.boolean("delete") ?? false,
    dryRun: reader.boolean("dry-run") ?? false,
  };
  throwProblems(reader.problems);
  return inputs;
}
