import { describe, expect, test } from '@jest/globals';
import type { RunRecord } from '../../../src/records/record.ts';
import { renderReport } from '../../../src/report/render.ts';
import { pairServices } from '../../../src/training/comparison.ts';
import { input, interrupted, multi, onEc2, record } from './fixtures.ts';

const markdownOf = (records: readonly RunRecord[]) =>
  renderReport(input({ records })).markdown.replaceAll('\\', '').replaceAll(/ {2,}/g, ' ');
const verdictOf = (records: readonly RunRecord[]) => /^- \*\*EC2 against SageMaker\*\*.*$/m.exec(markdownOf(records))?.[0];
/** The row of the table of runs with this title. */
const rowOf = (records: readonly RunRecord[], title: string) =>
  markdownOf(records)
    .split('\n')
    .find((line) => line.startsWith(`| **${title}** |`));

const [machine] = onEc2.ec2?.machines ?? [];
if (!machine || !onEc2.ec2) throw new Error('The fixture has no machine.');
const withMachine = (changes: Partial<typeof machine>, record_: Partial<RunRecord> = {}): RunRecord => ({
  ...onEc2,
  ...record_,
  ec2: { ...onEc2.ec2, image: { id: 'ami-0abc', parameter: '/x', name: 'al2023' }, machines: [{ ...machine, ...changes }] },
});

describe('the verdict on EC2 and SageMaker', () => {
  test('is numbers of both', () => {
    expect(verdictOf([record(), multi, onEc2])).toBe(
      '- **EC2 against SageMaker** (**ec2**, 1 × m5.xlarge, against **single**, 1 × ml.m5.xlarge): EC2 cost 6 % less ($0.0670 against $0.0710); ' +
        'EC2 began training 1 m 52 s sooner (1 m 06 s against 2 m 58 s after the request); training took 17 m 50 s on EC2, 17 m 12 s on SageMaker.',
    );
  });

  const later = {
    ...onEc2,
    transitions: [
      { status: 'Starting', start: '2026-11-22T11:56:00Z', end: '2026-11-22T12:00:58Z' },
      ...onEc2.transitions.slice(1),
    ],
  };
  const other = record({ asked: { ...record().asked, hyperparameters: { epochs: '3' } } });
  const { costUsd: _c, ...unpriced } = onEc2;
  const derived = { kind: 'known', usdPerHour: 0.23, source: 'table', quality: 'derived', date: '2026-11-22' } as const;
  const short = withMachine({ ended: '2026-11-22T12:00:26.000Z', billedSeconds: 60 }, { billedSeconds: 60, costUsd: 0.0033 });

  test.each<[string, readonly RunRecord[], string]>([
    [
      'says who began sooner',
      [record(), later],
      'SageMaker began training 2 m 12 s sooner (2 m 58 s against 5 m 10 s after the request)',
    ],
    ['says what cost more', [record({ costUsd: 0.05 }), onEc2], 'EC2 cost 34 % more ($0.0670 against $0.05)'],
    ['says how many times as much', [record({ costUsd: 0.01 }), onEc2], 'EC2 cost 6.7 times as much ($0.0670 against $0.01)'],
    ['says the same', [record({ costUsd: onEc2.costUsd ?? 0 }), onEc2], 'EC2 cost the same ($0.0670 against $0.0670)'],
    ['knows no cost', [record(), unpriced], 'which cost less is not known; EC2 began'],
    ['knows no phases', [record({ transitions: [] }), onEc2], 'when training began is not known of single.'],
    ['says that runs differ', [other, onEc2], '; their hyperparameters differ.'],
    [
      'says that a price is an estimate',
      [record({ price: derived }), onEc2],
      '($0.0670 against $0.0710, with a price that is an estimate)',
    ],
    ['says that EC2 bills a minute', [record(), short], '($0.0033 against $0.0710, EC2 bills a minute at least)'],
    [
      'of a rehearsal leaves start-up to the local cloud',
      [record({ rehearsal: true }), { ...onEc2, rehearsal: true }],
      'are the local cloud’s, not AWS’s.',
    ],
  ])('%s', (_, records, words) => {
    expect(verdictOf(records)).toContain(words);
  });

  test('is absent without a completed run of both', () => {
    const stopped = { ...onEc2, state: { status: 'stopped', cause: 'budget', reason: 'x' } } satisfies RunRecord;
    for (const records of [[onEc2], [record(), multi], [record(), stopped]]) expect(verdictOf(records)).toBeUndefined();
  });

  test('compares with the run that is most like it', () => {
    const large = record({ label: 'large', machine: { ...record().machine, instanceType: 'ml.m5.2xlarge' } });
    const same = record({ label: 'same', asked: { ...record().asked, hyperparameters: {} } });
    expect(pairServices([large, same, onEc2]).map(({ sagemaker }) => sagemaker.label)).toEqual(['same']);
    expect(pairServices([multi, large, onEc2]).map(({ sagemaker }) => sagemaker.label)).toEqual(['multi']);
  });

  test('ranks all runs by the time of their scripts', () => {
    expect(markdownOf([record(), onEc2])).toContain(
      'fastest is **single**: 17 m 12 s against 17 m 50 s; cheapest is **ec2**: $0.0670 against $0.0710',
    );
  });
});

describe('the table with a run on EC2', () => {
  test.each([
    ['Where', '| SageMaker | EC2, us-east-1a |'],
    ['Queued and starting', '| 2 m 18 s | 54 s |'],
    ['Image', '| 40 s | – |'],
    ['Code and data', '| – | 12 s |'],
    ['Training', '| 17 m 12 s (±0 %) | 17 m 50 s |'],
    ['Upload', '| 40 s | 12 s |'],
    ['Ending', '| – | 1 m 28 s |'],
    ['Billed', '| 18 m 32 s | 20 m 36 s |'],
    ['Cost', '| $0.0710 (−7.3 %)<br>$0.23/h, 30 GB volume not counted | $0.0670<br>$0.192/h, 30 GB volume $0.0011 |'],
  ])('has the row %s', (title, cells) => expect(rowOf([record(), onEc2], title)).toBe(`| **${title}** ${cells}`));

  test('leaves out what nobody had, and tells what a bill has too much', () => {
    const short = withMachine(
      { launched: '2026-11-22T12:00:04.000Z', ended: '2026-11-22T12:00:26.000Z', billedSeconds: 60 },
      { billedSeconds: 60, transitions: [{ status: 'Training', start: '2026-11-22T12:00:05Z', end: '2026-11-22T12:00:25Z' }] },
    );
    expect(rowOf([short], 'Ending')).toBeUndefined();
    expect(rowOf([short], 'Billed')).toBe('| **Billed** | 1 m (a minute at least; there for 22 s) |');
  });

  test('says of a phase what is not known of it', () => {
    const silent = record({ transitions: record().transitions.filter(({ status }) => status !== 'Downloading') });
    expect(rowOf([silent, multi, onEc2], 'Image')).toBe('| **Image** | not told | 40 s | – |');
    expect(rowOf([record({ transitions: [] }), onEc2], 'Training')).toBe('| **Training** | no data | 17 m 50 s |');
    const open = {
      ...onEc2,
      state: { status: 'submitted' },
      transitions: [{ status: 'Training', start: '2026-11-22T12:29:00Z' }],
    } satisfies RunRecord;
    expect(rowOf([open], 'Training')).toBe('| **Training** | 1 m so far |');
    const lost = { ...open, state: { status: 'failed', reason: 'x', logTail: [] } } satisfies RunRecord;
    expect(rowOf([lost], 'Training')).toBe('| **Training** | its end is not known |');
  });

  test('names the market that a run got', () => {
    const asked = { ...onEc2.asked, spot: true };
    expect(rowOf([withMachine({ spot: true }, { asked })], 'Machines')).toContain('`m5.xlarge` spot<br>');
    expect(rowOf([withMachine({}, { asked })], 'Machines')).toContain('on demand (no spot machine was to be had)');
    expect(rowOf([interrupted], 'Machines')).toContain(
      'spot, then on demand<br>4 vCPU on 2 cores<br>2 machines, one after another',
    );
  });

  test('has a row of GPUs where they were measured', () => {
    const gpu = [
      { at: 0, percent: 40 },
      { at: 1, percent: 60 },
    ];
    const hosts = onEc2.utilisation.hosts.map((host) => ({ ...host, gpu }));
    const busy = { ...onEc2, utilisation: { ...onEc2.utilisation, hosts } };
    expect(rowOf([record(), busy], 'GPU average / peak')).toBe('| **GPU average / peak** | – | 50 % / 60 % |');
    expect(rowOf([record(), onEc2], 'GPU average / peak')).toBeUndefined();
  });
});

describe('the small print', () => {
  test('lists every machine with its market, bill and end', () => {
    const markdown = markdownOf([record(), interrupted]);
    expect(markdown).toContain(
      '| **ec2** | `i-00000000000000001`<br>m5.xlarge, us-east-1b | spot<br>$0.0712/h (EC2’s spot price then, 2026-11-22) | 11:50:00 UTC | 8 m 34 s | Server.SpotInstanceTermination: Spot instance termination |',
    );
    expect(markdown).toContain(
      'm5.xlarge spot in us-east-1b $0.0712/h (EC2’s spot price then, 2026-11-22) and m5.xlarge $0.192/h (AWS Pricing API, 2026-11-22)',
    );
    expect(markdown).toContain('Run by SageMaker and EC2 in us-east-1.');
  });

  test('tells once how the bills differ, and only beside EC2', () => {
    const sentence = 'EC2 bills a machine from its launch to its end';
    expect(markdownOf([record(), onEc2, interrupted]).split(sentence)).toHaveLength(2);
    expect(markdownOf([record(), multi])).not.toMatch(/EC2/);
    expect(markdownOf([onEc2])).not.toContain('SageMaker bills');
  });

  test('tells why a cost is not known', () => {
    const { costUsd: _c, ...unpriced } = onEc2;
    expect(markdownOf([unpriced])).toContain('an unknown amount for 1 run (the price of the volume is not known)');
    const strange: RunRecord = { ...withMachine({ price: { kind: 'unknown', why: 'no price of mars.large' } }) };
    const { costUsd: _d, ...missing } = strange;
    expect(markdownOf([missing])).toContain('an unknown amount for 1 run (no price of mars.large)');
  });

  test('shows what a machine says as text', () => {
    const hostile = withMachine({ id: 'i-`|<b>', reason: '<script>alert(1)</script> @octocat | x' });
    const { markdown, html } = renderReport(input({ records: [hostile] }));
    expect(markdown).not.toContain('<script>');
    expect(markdown).not.toContain('@octocat');
    expect(html).not.toContain('<script>');
  });
});
