import type * as lambda from '@aws-sdk/client-lambda';
import { checkIdle } from './function-table.ts';
import type { LambdaDeps } from './deps.ts';
import type { Deployment, Fn } from './functions.ts';
import { page } from './page.ts';
import { refuseRevision, refuseValue } from './refusals.ts';
import { showLatest, showVersion } from './show-function.ts';

/** What each published version was copied from: publishing the same again gives the same version. */
const sources = new WeakMap<Deployment, string>();
const sourceOf = ({ settings, code }: Deployment): string =>
  JSON.stringify([code.sha256, Object.entries(settings).sort(([a], [b]) => (a < b ? -1 : 1))]);

/** Freezes $LATEST, or `source` in its place, as the next version; or answers the last one when nothing has changed since. */
export function publish(
  deps: LambdaDeps,
  fn: Fn,
  { Description }: { Description?: string | undefined },
  source = fn.latest,
): lambda.FunctionConfiguration {
  const last = fn.versions.get(String(fn.lastVersion));
  if (last && sources.get(last) === sourceOf(source)) return showVersion(fn, last, deps.cloud.clock);
  fn.lastVersion += 1;
  const settings = { ...source.settings, ...(Description === undefined ? {} : { Description }) };
  const version = String(fn.lastVersion);
  const made = deps.deploy(fn.name, { version, settings, code: source.code, activeFrom: deps.after('publish') });
  sources.set(made, sourceOf(source));
  fn.versions.set(version, made);
  return showVersion(fn, made, deps.cloud.clock);
}

export function createVersionHandlers(deps: LambdaDeps) {
  const { cloud, table } = deps;
  return {
    PublishVersion: (input: lambda.PublishVersionRequest): lambda.FunctionConfiguration => {
      const { fn } = table.get(input.FunctionName);
      checkIdle(fn, cloud.clock);
      const { revision, code } = fn.latest;
      if (input.CodeSha256 !== undefined && input.CodeSha256 !== code.sha256)
        throw refuseValue(
          `CodeSHA256 (${input.CodeSha256}) is different from current CodeSHA256 in $LATEST (${code.sha256}). Please try again with the CodeSHA256 in $LATEST.`,
        );
      if (input.RevisionId !== undefined && input.RevisionId !== revision) throw refuseRevision('GetFunction/GetAlias');
      return publish(deps, fn, input);
    },
    ListVersionsByFunction: (input: lambda.ListVersionsByFunctionRequest): lambda.ListVersionsByFunctionResponse => {
      const { fn } = table.get(input.FunctionName);
      const latest = { ...showLatest(fn, cloud.clock), FunctionArn: `${fn.arn}:$LATEST` };
      const versions = [...fn.versions.values()].map((version) => showVersion(fn, version, cloud.clock));
      const { items, next } = page([latest, ...versions], input);
      return { Versions: items, ...next };
    },
  };
}
