import { describe, expect, test } from '@jest/globals';
import type { RunRecord } from '../../../src/records/record.ts';
import { findPhaseSeconds, findStartUpSeconds, listPhases, type PhaseName } from '../../../src/training/phases.ts';

type Transitions = RunRecord['transitions'];
const at = (seconds: number) => new Date(Date.parse('2026-11-22T12:00:00Z') + seconds * 1000).toISOString();

/** One transition: status, begin and end in seconds, message. */
type Row = readonly [status: string, start: number, end?: number, message?: string];
const told = (...rows: readonly Row[]): { transitions: Transitions } => ({
  transitions: rows.map((row) => toTransition(...row)),
});
function toTransition(...[status, start, end, message]: Row): Transitions[number] {
  return {
    status,
    start: at(start),
    ...(end === undefined ? {} : { end: at(end) }),
    ...(message === undefined ? {} : { message }),
  };
}

const pulled = 'Training image download completed. Training in progress.';

describe('the phases of a run', () => {
  test.each<[string, { transitions: Transitions }, [PhaseName, number | undefined][]]>([
    [
      'on SageMaker, by the messages of a download',
      told(
        ['Starting', 0, 5, 'Starting the training job'],
        ['Pending', 5, 40],
        ['Starting', 40, 130, 'Preparing the instances for training'],
        ['Downloading', 130, 150, 'Downloading input data'],
        ['Downloading', 150, 190, 'Downloading the training image'],
        ['Training', 190, 500, pulled],
        ['Uploading', 500, 510],
        ['Completed', 510, 510],
      ),
      [
        ['queued', 5],
        ['queued', 35],
        ['queued', 90],
        ['data', 20],
        ['image', 40],
        ['training', 310],
        ['upload', 10],
      ],
    ],
    [
      'on SageMaker, when the image comes under the status Training',
      told(['Training', 0, 30, 'Downloading the training image'], ['Training', 30, 90, pulled]),
      [
        ['image', 30],
        ['training', 60],
      ],
    ],
    [
      'that was stopped',
      told(['Training', 0, 30], ['Stopping', 30, 42], ['Stopped', 42, 42]),
      [
        ['training', 30],
        ['ending', 12],
      ],
    ],
    [
      'on EC2, with what the machine took to go',
      told(
        ['Starting', 0, 54.4],
        ['Downloading', 54.4, 60],
        ['Training', 60, 90],
        ['Uploading', 90, 92],
        ['Completed', 120, 120],
      ),
      [
        ['queued', 54.4],
        ['data', 5.6],
        ['training', 30],
        ['upload', 2],
        ['ending', 28],
      ],
    ],
    [
      'on EC2, taken back and gone on with',
      told(['Training', 0, 30], ['Interrupted', 34, 34], ['Starting', 124, 180], ['Training', 180, 200]),
      [
        ['training', 30],
        ['ending', 4],
        ['queued', 0],
        ['queued', 90],
        ['queued', 56],
        ['training', 20],
      ],
    ],
    [
      'that still trains',
      told(['Starting', 0, 10], ['Training', 10]),
      [
        ['queued', 10],
        ['training', undefined],
      ],
    ],
    ['whose machine died in the middle', told(['Training', 10], ['Failed', 70, 70]), [['training', 60]]],
    [
      'with words and holes that nobody explains',
      told(['Dreaming', 0, 3], ['Training', 5, 9], ['constructor', 9, 10]),
      [
        ['other', 3],
        ['other', 2],
        ['training', 4],
        ['other', 1],
      ],
    ],
    [
      'with clocks that disagree',
      told(['Starting', 0, -1], ['Training', -1, 9]),
      [
        ['queued', 0],
        ['training', 10],
      ],
    ],
    ['that nobody told of', told(), []],
  ])('%s', (_, record, phases) => {
    expect(
      listPhases(record).map(({ name, seconds }) => [name, seconds === undefined ? undefined : Number(seconds.toFixed(3))]),
    ).toEqual(phases);
  });

  test('lose no second between the first and the last transition', () => {
    const record = told(
      ['Starting', 0, 54],
      ['Training', 60, 90],
      ['Interrupted', 97, 97],
      ['Starting', 100, 110],
      ['Failed', 130, 130],
    );
    expect(listPhases(record).reduce((sum, { seconds = 0 }) => sum + seconds, 0)).toBe(130);
  });
});

test('the seconds of one phase are known only with all of its ends', () => {
  const record = told(['Starting', 0, 10], ['Training', 10, 30], ['Starting', 30, 40], ['Training', 40]);
  expect(findPhaseSeconds(record, 'queued')).toBe(20);
  expect(findPhaseSeconds(record, 'training')).toBeUndefined();
  expect(findPhaseSeconds(record, 'image')).toBeUndefined();
});

test('start-up lasts until the script begins for the first time', () => {
  expect(
    findStartUpSeconds(told(['Starting', 0, 10], ['Training', 10, 30, 'Downloading the training image'], ['Training', 30])),
  ).toBe(30);
  expect(findStartUpSeconds(told(['Starting', 0, 10], ['Training', 10, 20], ['Starting', 50, 60], ['Training', 60]))).toBe(10);
  expect(findStartUpSeconds(told(['Starting', 0, 10], ['Failed', 10, 10]))).toBeUndefined();
  expect(findStartUpSeconds(told())).toBeUndefined();
});
