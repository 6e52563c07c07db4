// Generated from actions/train-on-ec2/action.yml by scripts/generate/inputs.ts. Change action.yml and run `npm run generate`.
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
  /** Labels under `train.runs` to train, separated by commas or new lines. Empty trains all that say `on ec2`. */
  readonly runs: readonly string[];
  /** Hyperparameters laid over the spec's, one `name: value` a line. */
  readonly hyperparameters: Readonly<Record<string, string>>;
  /** Public SSM parameters of machine images in order of preference, separated by commas or new lines. Empty takes the one that fits the spec's image and the type. */
  readonly imageParameters: string | undefined;
  /** The most this step may cost, in USD. Lower than `budget.per-run` of the spec wins. */
  readonly maxCostUsd: number | undefined;
  /** `true` launches although a price is unknown and a budget cannot be checked. */
  readonly allowUnknownPrice: boolean;
  /** `true` trains although an equal run of the same trust zone exists. */
  readonly force: boolean;
  /** `false` ends the step once the machines run; a later run finds and finishes them. */
  readonly wait: boolean;
  /** Tells the legs of a matrix apart. Leave it as it is. */
  readonly matrix: string | undefined;
}

/** Reads every input; throws one ActionError with all that is wrong. */
export function readInputs(reader: InputReader): Inputs {
  reader.declare(["spec","environment","github-token","role-to-assume","runs","hyperparameters","image-parameters","max-cost-usd","allow-unknown-price","force","wait","matrix"]);
  const inputs: Inputs = {
    spec: reader.required("spec"),
    environment: reader.text("environment"),
    githubToken: reader.required("github-token"),
    roleToAssume: reader.text("role-to-assume"),
    runs: reader.list("runs"),
    hyperparameters: reader.map("hyperparameters"),
    imageParameters: reader.text("image-parameters"),
    maxCostUsd: reader.number("max-cost-usd", { min: 0 }),
    allowUnknownPrice: reader.boolean("allow-unknown-price") ?? false,
    force: reader.boolean("force") ?? false,
    wait: reader.boolean("wait") ?? true,
    matrix: reader.text("matrix"),
  };
  throwProblems(reader.problems);
  return inputs;
}
