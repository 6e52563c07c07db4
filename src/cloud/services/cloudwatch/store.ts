import type { Clock } from '../../../time/clock.ts';
import type { MetricStore, Weather } from '../../contract.ts';

/** One value, or a set of values somebody summarised before: then only their extremes, sum and number are known. */
export interface DataPoint {
  readonly atMs: number;
  readonly receivedMs: number;
  readonly unit: string;
  readonly minimum: number;
  readonly maximum: number;
  readonly sum: number;
  readonly count: number;
}

/** Of one metric. */
const mostPoints = 100_000;

export interface Metric {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

export interface MetricRecords extends MetricStore {
  add(metric: Metric, points: readonly Omit<DataPoint, 'receivedMs'>[]): void;
  /** Points of exactly this metric that can be seen by now, in order of time. */
  visiblePoints(metric: Metric): DataPoint[];
  /** Metrics that have a point to see, with the time of the last. */
  visibleMetrics(): { metric: Metric; lastMs: number }[];
}

/** @param weather its `metricsDelayMs` is read at every look, so that it may change while the cloud runs */
export function createMetricRecords({
  clock,
  weather,
}: {
  clock: Clock;
  weather: Pick<Weather, 'metricsDelayMs'>;
}): MetricRecords {
  const series = new Map<string, { metric: Metric; points: DataPoint[] }>();
  const nowMs = () => clock.now().getTime();
  const seen = (point: DataPoint) => point.receivedMs + weather.metricsDelayMs <= nowMs();

  const add: MetricRecords['add'] = (metric, points) => {
    const key = keyOf(metric);
    const entry = series.get(key) ?? { metric, points: [] };
    series.set(key, entry);
    for (const point of points) insert(entry.points, { ...point, receivedMs: nowMs() });
    // An endpoint under load for hours: the oldest go first, as CloudWatch's fine-grained points do after three hours.
    if (entry.points.length > mostPoints) entry.points.splice(0, entry.points.length - mostPoints);
  };
  const visiblePoints = (metric: Metric) => (series.get(keyOf(metric))?.points ?? []).filter(seen);
  return {
    add,
    put: (namespace, dimensions, name, unit, points) =>
      add(
        { namespace, dimensions, name },
        points.map(({ at, value }) => ({ atMs: at.getTime(), unit, minimum: value, maximum: value, sum: value, count: 1 })),
      ),
    points: (namespace, dimensions, name) => visiblePoints({ namespace, dimensions, name }),
    visiblePoints,
    visibleMetrics: () =>
      [...series.values()].flatMap(({ metric, points }) => {
        const last = points.findLast(seen);
        return last ? [{ metric, lastMs: last.atMs }] : [];
      }),
  };
}

function insert(points: DataPoint[], point: DataPoint): void {
  let place = points.length;
  for (let before = points[place - 1]; before && before.atMs > point.atMs; before = points[place - 1]) place--;
  if (place === points.length) points.push(point);
  else points.splice(place, 0, point);
}

/** Every different set of dimensions is a metric of its own; their order means nothing. */
function keyOf(metric: Metric): string {
  return JSON.stringify([metric.namespace, metric.name, Object.entries(metric.dimensions).sort(([a], [b]) => (a < b ? -1 : 1))]);
}
