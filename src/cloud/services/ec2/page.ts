import { refuse } from './refuse.ts';

/** A page of a list, all of it where no size was asked for. */
export function takePage<Item>(
  items: readonly Item[],
  { NextToken: token, MaxResults: size = Infinity }: { NextToken?: string | undefined; MaxResults?: number | undefined },
): { items: Item[]; NextToken?: string } {
  const from = token === undefined ? 0 : Number(Buffer.from(token, 'base64').toString());
  if (!Number.isInteger(from) || from < 0) throw refuse('InvalidNextToken', `The token '${token}' is invalid`);
  const to = from + size;
  return { items: items.slice(from, to), ...(to < items.length && { NextToken: Buffer.from(String(to)).toString('base64') }) };
}
