import { drawPoint, type Point, type Random, type Range, type Space } from './space.ts';

/** A trial as the estimator sees it: where it lay and what it lost; without a loss while it runs, or when it reported none. */
export interface Observation {
  readonly point: Point;
  /** Less is better. */
  readonly loss?: number;
}

/** Before so many results there is nothing to estimate from. */
const fewestResults = 4;
const candidateCount = 32;
/** Weight of the whole space beside the kernels: nothing is ever ruled out. */
const priorWeight = 0.6;

/**
 * Bayesian search by a tree-structured Parzen estimator: trials are parted into few good ones and the rest, each part becomes a density
 * (a kernel around every trial), and the next point is the candidate where good is most likely against rest. SageMaker itself models the
 * objective with Gaussian processes, so the points chosen there are others; both learn from what was seen. Running trials count to the
 * rest, so that parallel ones do not crowd in one place.
 * @returns undefined while too little is known
 */
export function suggestByParzen(space: Space, seen: readonly Observation[], random: Random): Point | undefined {
  const known = seen.filter((one): one is Required<Observation> => one.loss !== undefined).sort((a, b) => a.loss - b.loss);
  if (known.length < fewestResults) return undefined;
  const goodCount = Math.max(2, Math.ceil(Math.sqrt(known.length) / 2));
  const good = known.slice(0, goodCount).map(({ point }) => point);
  const rest = [...known.slice(goodCount), ...seen.filter(({ loss }) => loss === undefined)].map(({ point }) => point);
  const candidates = Array.from({ length: candidateCount }, () => drawNear(space, good, random));
  return chooseBest(candidates, (point) => logDensity(space, good, point) - logDensity(space, rest, point));
}

function chooseBest(candidates: readonly Point[], score: (point: Point) => number): Point {
  const scored = candidates.map((point) => ({ point, score: score(point) })).sort((a, b) => b.score - a.score);
  return scored[0]?.point ?? [];
}

/** A point from the density around centers. */
function drawNear(space: Space, centers: readonly Point[], random: Random): Point {
  const center = centers[Math.floor(random() * (centers.length + priorWeight))];
  if (!center) return drawPoint(space, random);
  const width = widthOf(space, centers.length);
  return space.map((range, place) => drawCoordinate(range, center[place] ?? 0, width, random));
}

function drawCoordinate(range: Range, center: number, width: number, random: Random): number {
  if (range.kind === 'categorical') return random() < width ? Math.floor(random() * range.values.length) : center;
  for (let tries = 0; tries < 100; tries += 1) {
    const drawn = center + width * drawNormal(random);
    if (drawn >= 0 && drawn <= 1) return drawn;
  }
  return center;
}

function logDensity(space: Space, centers: readonly Point[], point: Point): number {
  const width = widthOf(space, centers.length);
  const kernels = centers.map((center) =>
    space.reduce((product, range, place) => product * kernel(range, center[place] ?? 0, point[place] ?? 0, width), 1),
  );
  const flat = space.reduce((product, range) => product * (range.kind === 'categorical' ? 1 / range.values.length : 1), 1);
  return Math.log((kernels.reduce((sum, one) => sum + one, 0) + priorWeight * flat) / (centers.length + priorWeight));
}

/** Density of one coordinate around a center; the normal one is cut at the ends of the range. */
function kernel(range: Range, center: number, at: number, width: number): number {
  if (range.kind === 'categorical') return (at === center ? 1 - width : 0) + width / range.values.length;
  const inside = cumulative((1 - center) / width) - cumulative(-center / width);
  return Math.exp(-0.5 * ((at - center) / width) ** 2) / (width * Math.sqrt(2 * Math.PI) * inside);
}

/** Of a kernel: narrower the more trials there are, wider in more dimensions. */
function widthOf(space: Space, count: number): number {
  return 0.3 * Math.max(1, count) ** (-1 / (4 + space.length));
}

function drawNormal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Of the normal distribution, by the logistic curve that lies within 0.0002 of it (Page, 1977). */
function cumulative(x: number): number {
  return 1 / (1 + Math.exp(-2 * Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
}
