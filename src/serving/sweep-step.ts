export type SweptKind =
  | 'machine'
  | 'alias'
  | 'scaling'
  | 'endpoint'
  | 'endpoint-config'
  | 'model'
  | 'provisioned-concurrency'
  | 'version';

/** One removal, or `mark`: nobody names it and nothing says until when it is kept, so it gets a time and a later sweep takes it. */
export interface SweepStep {
  readonly id: string;
  readonly action: 'remove' | 'mark';
  readonly kind: SweptKind;
  readonly name: string;
  /** Of what is marked. */
  readonly arn?: string;
  readonly why: string;
  /** Steps that must have been done before; when one was not, this one waits for the next sweep. */
  readonly needs: readonly string[];
}

export interface SweepPlan {
  /** In the order AWS allows: machine, alias, scaling, endpoint, configuration, model, provisioned concurrency, version. */
  readonly steps: readonly SweepStep[];
  /** What stays, and why. */
  readonly kept: readonly Kept[];
}

export interface Kept {
  readonly kind: SweptKind;
  readonly name: string;
  readonly why: string;
}

/** Of the step that removes or marks it. */
export const idOf = (kind: SweptKind, name: string) => `${kind} ${name}`;

export function removal(kind: SweptKind, name: string, why: string, needs: readonly string[]): SweepStep {
  return { id: idOf(kind, name), action: 'remove', kind, name, why, needs };
}

export function mark(kind: SweptKind, { name, arn }: { name: string; arn: string }, why: string): SweepStep {
  return { id: idOf(kind, name), action: 'mark', kind, name, arn, why, needs: [] };
}

/** Notes that it stays; there is no step for it. */
export function keep(kept: Kept[], kind: SweptKind, name: string, why: string): SweepStep[] {
  kept.push({ kind, name, why });
  return [];
}

/** Names of what the steps remove of one kind. */
export function removedNames(steps: readonly SweepStep[], kind: SweptKind): Set<string> {
  return new Set(steps.filter((step) => step.kind === kind && step.action === 'remove').map(({ name }) => name));
}
