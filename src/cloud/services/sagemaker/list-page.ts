import { AwsError } from '../../contract.ts';

/** What the List operations have in common. */
export interface ListRequest {
  readonly NameContains?: string | undefined;
  readonly CreationTimeAfter?: Date | undefined;
  readonly CreationTimeBefore?: Date | undefined;
  readonly LastModifiedTimeAfter?: Date | undefined;
  readonly LastModifiedTimeBefore?: Date | undefined;
  readonly SortBy?: string | undefined;
  readonly SortOrder?: string | undefined;
  readonly NextToken?: string | undefined;
  readonly MaxResults?: number | undefined;
}

interface Listed {
  readonly name: string;
  readonly created: Date;
  readonly modified?: Date;
  readonly status?: string;
}

/** Resources by name and time, newest first unless asked otherwise, in pages of ten. */
export function listPage<Item extends Listed>(items: readonly Item[], input: ListRequest): { items: Item[]; NextToken?: string } {
  const found = items.filter((item) => matches(item, input)).sort((a, b) => (sortKey(a, input) < sortKey(b, input) ? -1 : 1));
  if (input.SortOrder !== 'Ascending') found.reverse();
  return takePage(found, input);
}

/** A page of what is in its order already. */
export function takePage<Item>(
  found: readonly Item[],
  input: Pick<ListRequest, 'NextToken' | 'MaxResults'>,
): { items: Item[]; NextToken?: string } {
  const from = input.NextToken === undefined ? 0 : Number(input.NextToken);
  if (!Number.isInteger(from) || from < 0) throw new AwsError('ValidationException', 'Invalid NextToken.');
  const to = from + (input.MaxResults ?? 10);
  return { items: found.slice(from, to), ...(to < found.length && { NextToken: String(to) }) };
}

function matches({ name, created, modified = created }: Listed, input: ListRequest): boolean {
  return (
    name.includes(input.NameContains ?? '') &&
    isBetween(created, input.CreationTimeAfter, input.CreationTimeBefore) &&
    isBetween(modified, input.LastModifiedTimeAfter, input.LastModifiedTimeBefore)
  );
}

function isBetween(time: Date, after: Date | undefined, before: Date | undefined): boolean {
  return time.getTime() >= (after?.getTime() ?? -Infinity) && time.getTime() <= (before?.getTime() ?? Infinity);
}

function sortKey({ name, created, status = '' }: Listed, { SortBy }: ListRequest): string {
  if (SortBy === 'Name') return name;
  return SortBy === 'Status' ? status : created.toISOString();
}
