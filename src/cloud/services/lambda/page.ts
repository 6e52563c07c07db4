import { refuseValue } from './refusals.ts';

const mostItems = 50;

/** One page of a list. The marker is the place it goes on from. @throws InvalidParameterValueException for a marker not of ours */
export function page<T>(
  all: readonly T[],
  { Marker: marker, MaxItems: asked }: { Marker?: string | undefined; MaxItems?: number | undefined },
): { items: T[]; next: { NextMarker?: string } } {
  const from = Number(marker ?? 0);
  if (!Number.isInteger(from) || from < 0) throw refuseValue(`The marker ${marker} is invalid.`);
  const to = from + Math.min(asked ?? mostItems, mostItems);
  return { items: all.slice(from, to), next: to < all.length ? { NextMarker: String(to) } : {} };
}
