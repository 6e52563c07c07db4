import { createHash } from 'node:crypto';
import type { TrainRun, TuneSpec } from '../spec/spec.ts';

/** What decides the outcome of a run. Limits, roles, names, tags and prices do not. */
export interface Ingredients {
  /** Hash over the code folder and the launcher. */
  readonly codeHash: string;
  readonly entryPoint: string;
  /** Full image URI. */
  readonly image: string;
  /** Manifest hash of each data channel. */
  readonly data: Readonly<Record<string, string>>;
  readonly hyperparameters: Readonly<Record<string, string>>;
  readonly environment: Readonly<Record<string, string>>;
  /** They change no model, but they are what the record is compared by. */
  readonly metrics: Readonly<Record<string, string>>;
  readonly machines: Pick<TrainRun, 'instanceTypes' | 'instanceCount' | 'spot'>;
  readonly isolation: boolean;
  readonly overrides: Readonly<Record<string, unknown>>;
}

/** 64 hex digits. Equal ingredients give an equal fingerprint, whatever the order of their keys. */
export function getFingerprint(ingredients: Ingredients): string {
  return hashOf({ version: 1, ...ingredients });
}

/** What decides the outcome of a search beside what decides that of a run. */
type Search = Pick<
  TuneSpec,
  | 'objective'
  | 'strategy'
  | 'ranges'
  | 'maxJobs'
  | 'maxParallelJobs'
  | 'earlyStopping'
  | 'warmStart'
  | 'instanceType'
  | 'instanceCount'
  | 'maxRuntimeSeconds'
>;

/** 64 hex digits, never those of a run. */
export function getTuningFingerprint(ingredients: Omit<Ingredients, 'machines'>, search: Search): string {
  return hashOf({ version: 1, kind: 'tuning', ...ingredients, search });
}

/** SHA-256 of a value's canonical JSON. */
export function hashOf(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex');
}

/** JSON with the keys of every object in code unit order; members that are undefined are left out. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) =>
    member !== null && typeof member === 'object' && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );
}
