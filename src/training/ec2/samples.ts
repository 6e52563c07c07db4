import { z } from 'zod';
import type { HostSeries, Utilisation } from '../../records/record.ts';

const percent = z.number().min(0).max(1e6);
const sample = z.object({ at: z.number().nonnegative(), cpu: percent, memory: percent.optional(), gpu: percent.optional() });
export type Sample = z.infer<typeof sample>;

/** A record stays a small object: longer series are means of equal parts. */
const mostPoints = 1_000;
/** The program on the machine measures each second. */
const nearEndSeconds = 5;

/** Lines of a part that are samples; a training script could write others. */
export function parseSamples(text: string): Sample[] {
  return text.split('\n').flatMap((line) => {
    if (line.trim() === '') return [];
    try {
      return sample.safeParse(JSON.parse(line)).data ?? [];
    } catch {
      return [];
    }
  });
}

interface Window {
  readonly from: Date;
  readonly until: Date;
  /** When each machine began to train. */
  readonly trainingStarts: readonly Date[];
}

/** Every machine counts its seconds from its own start of training: where they fall back, the next machine begins. Pure. */
export function summariseSamples(samples: readonly Sample[], { from, until, trainingStarts }: Window): Utilisation {
  if (samples.length === 0) return { coverage: 'none', hosts: [], why: 'the machine wrote no samples' };
  const runs = splitByMachine(samples);
  const known = runs.length <= trainingStarts.length;
  const placed = known
    ? runs.map((run, index) => shift(run, trainingStarts[index + trainingStarts.length - runs.length], from))
    : runs.slice(-1);
  const points = placed.flat();
  const end = (until.getTime() - from.getTime()) / 1000;
  const last = points.at(-1)?.at ?? 0;
  const whole = known && runs.length === trainingStarts.length && last >= end - nearEndSeconds;
  const why = whole
    ? undefined
    : `samples of ${runs.length} of ${Math.max(runs.length, trainingStarts.length)} machines, up to ${Math.round(last)} of ${Math.round(end)} s`;
  return { coverage: whole ? 'complete' : 'partial', hosts: [toSeries(points)], ...(why === undefined ? {} : { why }) };
}

function splitByMachine(samples: readonly Sample[]): Sample[][] {
  const runs: Sample[][] = [];
  let before = Number.POSITIVE_INFINITY;
  for (const one of samples) {
    if (one.at < before) runs.push([]);
    runs.at(-1)?.push(one);
    before = one.at;
  }
  return runs;
}

function shift(samples: readonly Sample[], start: Date | undefined, from: Date): Sample[] {
  const seconds = ((start ?? from).getTime() - from.getTime()) / 1000;
  return samples.map((one) => ({ ...one, at: one.at + seconds }));
}

function toSeries(samples: readonly Sample[]): HostSeries {
  const width = Math.ceil(samples.length / mostPoints);
  const parts = Array.from({ length: Math.ceil(samples.length / width) }, (_, index) =>
    samples.slice(index * width, (index + 1) * width),
  );
  const read = (kind: 'cpu' | 'memory' | 'gpu') =>
    parts.flatMap((part) => {
      const values = part.flatMap((one) => one[kind] ?? []);
      const [first] = part;
      return first && values.length > 0 ? [{ at: round(first.at), percent: round(mean(values)) }] : [];
    });
  const gpu = read('gpu');
  return { host: 'algo-1', cpu: read('cpu'), memory: read('memory'), ...(gpu.length > 0 ? { gpu } : {}) };
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const round = (value: number) => Number(value.toFixed(2));
