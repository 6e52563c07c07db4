import type { ScalingRecord, SmokeRecord } from '../serving/record.ts';
import type { Block, Table, Text } from './document.ts';
import { formatNumber } from './format.ts';

const longestText = 300;
const clip = (text: string) => (text.length > longestText ? `${text.slice(0, longestText)}…` : text);

/** Every setting that scaling changed; empty when it found all as the spec wants it. */
export function writeScaling(scaling: ScalingRecord | undefined): Table {
  const rows = (scaling?.changes ?? [])
    .filter(({ before, after }) => before !== after)
    .map(({ setting, before, after }): Text[] => [[clip(setting)], [clip(before ?? 'not set')], [clip(after ?? 'not set')]]);
  return { kind: 'table', header: ['Scaling', 'Before', 'After'], rows };
}

type Case = SmokeRecord['cases'][number];

/** One row a case and alias. Cold calls stand apart: what they cost is not what users meet. */
export function writeSmoke(smoke: readonly SmokeRecord[]): Table {
  const several = new Set(smoke.map(({ alias }) => alias)).size > 1;
  const rows = smoke.flatMap(({ alias, cases }) =>
    cases.map((one): Text[] => [
      [`${one.passed ? '✅' : '❌'} ${clip(one.name)}`],
      ...(several ? [[alias]] : []),
      [String(one.calls)],
      [String(one.errors)],
      [describeWarm(one)],
      [describeCold(one)],
    ]),
  );
  const on = several ? ['On'] : [];
  return {
    kind: 'table',
    header: [
      several ? 'Smoke test' : `Smoke test of ${smoke[0]?.alias ?? ''}`,
      ...on,
      'Calls',
      'Errors',
      'Warm p50 / p95 / p99',
      'Cold',
    ],
    align: ['left', ...on.map(() => 'left' as const), 'right', 'right', 'right', 'right'],
    rows,
  };
}

function describeWarm({ warm }: Case): string {
  return warm ? `${formatMs(warm.p50)} / ${formatMs(warm.p95)} / ${formatMs(warm.p99)}` : 'none';
}

function describeCold({ cold }: Case): string {
  if (!cold) return 'none';
  return cold.count === 1 ? formatMs(cold.max) : `${cold.count}: ${formatMs(cold.p50)}, at most ${formatMs(cold.max)}`;
}

function formatMs(ms: number): string {
  return ms >= 1000
    ? `${formatNumber(Number((ms / 1000).toFixed(2)))} s`
    : `${ms < 10 ? Number(ms.toFixed(1)) : Math.round(ms)} ms`;
}

/** What differed, open in sight: it is why the release was refused. */
export function writeDifferences(smoke: readonly SmokeRecord[]): Block[] {
  return smoke.flatMap(({ alias, cases }) =>
    cases
      .filter((one) => !one.passed && one.differences.length > 0)
      .map((one): Block => {
        const items = one.differences.map((difference): Text => [clip(difference)]);
        const summary = `${clip(one.name)} on ${alias}: what differed`;
        return { kind: 'details', summary, body: { kind: 'list', items }, open: true, weight: 80 };
      }),
  );
}
