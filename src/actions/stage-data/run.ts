import type { StepResult } from '../../runner/ports.ts';
import type { StageDeps } from '../../staging/ports.ts';
import { formatBytes } from '../../staging/progress.ts';
import { stage, type Staged, type StageRequest } from '../../staging/stage.ts';
import { hashOf } from '../../training/fingerprint.ts';

export interface StageDataDeps extends StageDeps {
  readonly step: Pick<StepResult, 'output' | 'summary'>;
}

/** Stages one source after the other: each uses the whole line by itself. */
export async function run(requests: readonly StageRequest[], deps: StageDataDeps): Promise<void> {
  const done: { request: StageRequest; staged: Staged }[] = [];
  for (const request of requests) done.push({ request, staged: await stage(request, deps) });
  const { step } = deps;
  for (const [name, value] of Object.entries(getOutputs(done))) step.output(name, value);
  await step.summary(describe(done));
}

type Done = readonly { readonly request: StageRequest; readonly staged: Staged }[];

function getOutputs(done: Done): Record<string, string> {
  const sum = (count: (staged: Staged) => number) => String(done.reduce((before, { staged }) => before + count(staged), 0));
  const [first] = done;
  const byName = <Value>(pick: (staged: Staged) => Value) =>
    Object.fromEntries(done.map(({ request, staged }) => [request.name.replace(/^data\./, ''), pick(staged)]));
  const hashes = byName(({ hash }) => hash ?? '');
  const known = done.every(({ staged }) => staged.hash !== undefined);
  return {
    uri: done.length === 1 && first ? first.staged.uri : JSON.stringify(byName(({ uri }) => uri)),
    files: sum(({ files }) => files),
    written: sum(({ written }) => written),
    removed: sum(({ removed }) => removed),
    bytes: sum(({ bytes }) => bytes),
    hash: !known ? '' : done.length === 1 ? (first?.staged.hash ?? '') : hashOf(hashes),
  };
}

/** Names come from the spec's schema and prefixes from its patterns; what could still end a cell is made harmless. */
const cell = (text: string): string => `\`${text.replaceAll(/[`|\n]/g, ' ')}\``;

function describe(done: Done): string {
  const rows = done.map(({ request, staged }) => {
    const { uri, files, written, bytes, removed } = staged;
    return `| ${cell(request.name)} | ${cell(uri)} | ${files} | ${written} (${formatBytes(bytes)}) | ${removed} |`;
  });
  const title = done.some(({ request }) => request.dryRun) ? 'Trainyard: staging, as a dry run' : 'Trainyard: data staged';
  return [
    `### ${title}`,
    '',
    '| data | at | files | written | removed |',
    '| --- | --- | ---: | ---: | ---: |',
    ...rows,
    '',
  ].join('\n');
}
