import type { Scope, State, Token } from './state.ts';

/** One request after routing and authentication. */
export interface GitHubCall {
  readonly state: State;
  /** Address of the API and of the web pages, without a slash at the end. */
  readonly apiUrl: string;
  readonly serverUrl: string;
  readonly token: Token;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: unknown;
  readonly now: () => Date;
}

export interface GitHubAnswer {
  readonly status: number;
  /** Undefined: no body, as for 204. */
  readonly body?: unknown;
  /** A whole list, which the server cuts into pages and links. */
  readonly list?: readonly unknown[];
}

export interface Route {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** GitHub's own template, e.g. `/repos/{owner}/{repo}/pulls/{number}`; `{name+}` also takes slashes. */
  readonly template: string;
  /** The token needs `level` in one of these scopes; an empty list means that no workflow token may call it. */
  readonly scopes: readonly Scope[];
  readonly level: 'read' | 'write';
  readonly handle: (call: GitHubCall) => GitHubAnswer;
}

/** An answer that is an error, in GitHub's shape. */
export class GitHubError extends Error {
  readonly status: number;
  readonly errors: readonly unknown[] | undefined;

  constructor(status: number, message: string, errors?: readonly unknown[]) {
    super(message);
    this.name = 'GitHubError';
    this.status = status;
    this.errors = errors;
  }
}

export const notFound = (): GitHubError => new GitHubError(404, 'Not Found');

/** Finds the route and the decoded values of its template; `undefined` when there is none. */
export function findRoute(
  routes: readonly Route[],
  method: string,
  path: string,
): { route: Route; params: Record<string, string> } | undefined {
  for (const route of routes) {
    if (route.method !== method) continue;
    const params = matchTemplate(route.template, path);
    if (params) return { route, params };
  }
  return undefined;
}

function matchTemplate(template: string, path: string): Record<string, string> | undefined {
  const pattern = template.replaceAll(
    /\{(\w+)(\+?)\}/g,
    (_, name: string, greedy: string) => `(?<${name}>${greedy ? '.+' : '[^/]+'})`,
  );
  const groups = new RegExp(`^${pattern}$`).exec(path)?.groups;
  if (!groups && !new RegExp(`^${pattern}$`).test(path)) return undefined;
  try {
    return Object.fromEntries(Object.entries(groups ?? {}).map(([name, value]) => [name, decodeURIComponent(value)]));
  } catch {
    return undefined;
  }
}
