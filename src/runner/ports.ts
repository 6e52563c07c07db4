import type { Problem } from '../action-error.ts';

/** The step's log as an action writes it. Texts that did not come from us go only through `untrusted`. */
export interface Log {
  info(line: string): void;
  notice(message: string, title?: string): void;
  warning(message: string, title?: string): void;
  /** One error annotation; the handler of the action prints it, other code throws. */
  error(message: string, more?: { title?: string; file?: string; line?: number }): void;
  /** A folded group of lines that somebody else wrote (a training log): no line can act as a workflow command. */
  untrusted(title: string, lines: readonly string[]): void;
  mask(secret: string): void;
}

/** What a step leaves behind: outputs for later steps, state for its own `post`, the job summary. */
export interface StepResult {
  output(name: string, value: string): void;
  saveState(name: string, value: unknown): void;
  readState(name: string): unknown;
  /** Appends Markdown to the job summary; cuts at GitHub's limit of 1 MiB a step at a line border and says so. */
  summary(markdown: string): Promise<void>;
}

/** Collects what is wrong with inputs, so that a step fails once with all of it. */
export interface InputReader {
  text(name: string): string | undefined;
  required(name: string): string;
  boolean(name: string): boolean | undefined;
  number(name: string, range?: { min?: number; max?: number }): number | undefined;
  list(name: string): string[];
  /** `name: value` a line. */
  map(name: string): Record<string, string>;
  oneOf<T extends string>(name: string, allowed: readonly T[]): T | undefined;
  /** Names of all inputs of the action: another one that is set becomes a problem. */
  declare(names: readonly string[]): void;
  readonly problems: Problem[];
}

/** Mints GitHub's OIDC token for an audience, masked in the log. Throws an ActionError where the job has no `id-token: write`. */
export type MintWebIdentity = (audience: string) => Promise<string>;
