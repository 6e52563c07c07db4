import type { Dimension } from '@aws-sdk/client-cloudwatch';

/** A request's list as the store keeps it. */
export function toDimensions(dimensions: readonly Dimension[]): Record<string, string> {
  return Object.fromEntries(dimensions.map((dimension) => [dimension.Name ?? '', dimension.Value ?? '']));
}

/** As an answer lists them. */
export function fromDimensions(dimensions: Readonly<Record<string, string>>): Dimension[] {
  return Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));
}
