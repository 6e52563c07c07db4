const defaultPerPage = 30;
const maxPerPage = 100;

/** One page of a list and its `Link` header, as octokit's paginate follows it. Values out of range act as GitHub's do. */
export function cutPage<T>(list: readonly T[], url: URL): { items: readonly T[]; link: string | undefined } {
  const perPage = Math.min(readPositive(url.searchParams.get('per_page')) ?? defaultPerPage, maxPerPage);
  const page = readPositive(url.searchParams.get('page')) ?? 1;
  const last = Math.max(1, Math.ceil(list.length / perPage));
  const relations: [relation: string, page: number][] = [];
  if (page > 1) relations.push(['prev', Math.min(page - 1, last)], ['first', 1]);
  if (page < last) relations.push(['next', page + 1], ['last', last]);
  const link = relations.map(([relation, target]) => `<${withPage(url, target)}>; rel="${relation}"`).join(', ');
  return { items: list.slice((page - 1) * perPage, page * perPage), link: link || undefined };
}

function withPage(url: URL, page: number): string {
  const target = new URL(url);
  target.searchParams.set('page', String(page));
  return target.href;
}

function readPositive(text: string | null): number | undefined {
  return text && /^[1-9]\d{0,8}$/.test(text) ? Number(text) : undefined;
}
