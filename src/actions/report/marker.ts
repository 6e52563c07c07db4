import type { RunContext } from '../../records/context.ts';
import type { Spec } from '../../spec/spec.ts';

/** First line of the comment: one comment a model, in whatever environment it was trained. Nothing in it can end the HTML comment. */
export function writeMarker({ name, path }: Pick<Spec, 'name' | 'path'>): string {
  return `<!-- trainyard-report:${`${name}:${path}`
    .replaceAll(/[^A-Za-z0-9._/:-]/g, '_')
    .replaceAll(/-{2,}/g, '-')
    .slice(0, 200)} -->`;
}

/** Second line: which run wrote the text, so that one that is late does not write over a newer one. */
export function writeRunLine({ workflow, commit }: RunContext): string {
  return `<!-- trainyard-run:${workflow.runId}:${workflow.attempt}:${commit} -->`;
}

/**
 * Whether the text on the pull request comes from a newer run of another commit: then a cancelled run that is still winding up
 * must leave it alone. Runs of the same commit write over each other, so a re-run shows.
 */
export function isFromNewerRun(existing: string, { workflow, commit }: RunContext): boolean {
  const [, runId, , otherCommit] = /^<!-- trainyard-run:(\d{1,20}):(\d+):([0-9a-f]+) -->$/m.exec(existing) ?? [];
  if (runId === undefined || otherCommit === commit || !/^\d+$/.test(workflow.runId)) return false;
  return BigInt(runId) > BigInt(workflow.runId);
}
