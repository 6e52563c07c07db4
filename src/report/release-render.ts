import type { Block, Text } from './document.ts';
import { shortCommit } from './format.ts';
import { toHtml } from './html.ts';
import { toMarkdownPieces } from './markdown.ts';
import { describeReleasePrices, writeReleaseCost } from './release-cost.ts';
import { type ReleaseInput, type ReleaseSteps, splitSteps } from './release-input.ts';
import { describeUnreadRoles, writeBroadRoles } from './release-roles.ts';
import { writeReleaseHeadline, writeReleaseStory } from './release-story.ts';
import { writeDifferences, writeScaling, writeSmoke } from './release-tables.ts';
import { summaryLimit } from './render.ts';
import { joinWithin } from './shorten.ts';

/** Renders the report of at least one record of a release. Pure: equal inputs give equal bytes. */
export function renderRelease(input: ReleaseInput): { readonly summary: string; readonly html: string } {
  const blocks = writeBlocks(input, splitSteps(input.records));
  const note = '*Shortened to fit.*';
  return {
    summary: joinWithin(toMarkdownPieces(blocks), summaryLimit, note),
    html: toHtml(`${input.spec.name}: Trainyard release`, blocks),
  };
}

function writeBlocks(input: ReleaseInput, steps: ReleaseSteps): Block[] {
  const cost = writeReleaseCost(input, steps);
  const scaling = writeScaling(steps.scaling);
  const smoke = writeSmoke(steps.smoke);
  const tables = [cost, smoke, scaling].filter((table) => table.rows.length > 0);
  const unchanged = steps.scaling && scaling.rows.length === 0 ? ['Scaling was as the spec wants it; nothing was changed.'] : [];
  const notes = [...unchanged, ...describeUnreadRoles(steps.deploy), ...input.notes].map((note): Text => [`ℹ️ ${note}`]);
  return [
    { kind: 'heading', text: writeReleaseHeadline(input, steps) },
    { kind: 'list', items: writeReleaseStory(input, steps) },
    ...writeDifferences(steps.smoke),
    ...writeFailureLog(steps),
    ...tables,
    ...writeBroadRoles(input, steps.deploy),
    ...(notes.length > 0 ? [{ kind: 'list', items: notes, weight: 90 } as const] : []),
    { kind: 'paragraph', text: writeReleaseFootnote(input, steps) },
  ];
}

/** What the container said last, when the endpoint did not come up. */
function writeFailureLog({ deploy }: ReleaseSteps): Block[] {
  const lines = deploy?.outcome.kind === 'failed' ? deploy.outcome.logTail : [];
  if (lines.length === 0) return [];
  return [{ kind: 'details', summary: 'What the container logged last', body: { kind: 'code', lines }, open: true, weight: 70 }];
}

const sources = {
  input: 'given by the input `model`',
  fingerprint: 'found by the fingerprint of this commit’s tree',
  commit: 'found by this commit’s record',
} as const;

function writeReleaseFootnote(input: ReleaseInput, steps: ReleaseSteps): Text {
  const { serverUrl, repository, workflow, commit } = input.context;
  const { deploy } = steps;
  const where = input.records.some((record) => record.rehearsal)
    ? 'On the local cloud, where nothing is billed: dollars are what AWS would ask, times are this machine’s. '
    : '';
  const model: Text = deploy
    ? [
        'Model ',
        { code: deploy.model.uri },
        `${deploy.model.job === undefined ? '' : ` of ${deploy.model.job}`}, ${sources[deploy.model.foundBy]}. `,
      ]
    : [];
  const prices = describeReleasePrices(input, steps);
  const href = `${serverUrl}/${repository.owner}/${repository.name}/actions/runs/${workflow.runId}`;
  return [
    `${where}${prices}${prices === '' ? '' : ' '}`,
    ...model,
    'Commit ',
    { code: shortCommit(commit) },
    ', ',
    { link: `workflow run ${workflow.runId}`, href },
    `${workflow.attempt > 1 ? `, attempt ${workflow.attempt}` : ''}.`,
  ];
}
