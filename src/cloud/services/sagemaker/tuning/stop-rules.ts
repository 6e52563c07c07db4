/** Losses of one trial in the order of its reports: values of the objective metric, turned so that less is better. */
type Losses = readonly number[];

/**
 * Asked after each report of a running trial.
 * @param others those it is measured by; each rule says which
 * @returns why the trial shall end, in words for its owner; undefined lets it go on
 */
export type StopRule = (own: Losses, others: readonly Losses[]) => string | undefined;

/** A median of fewer says nothing. */
const fewestForMedian = 3;

/**
 * Early stopping `Auto`: a trial ends when its loss after n reports is above the median of what the completed trials had on average up to
 * their n-th report, which is how SageMaker describes its rule.
 * @param others completed trials
 */
export const stopBehindMedian: StopRule = (own, others) => {
  const loss = own.at(-1);
  const reported = others.filter((losses) => losses.length > 0);
  if (loss === undefined || reported.length < fewestForMedian) return undefined;
  const averages = reported.map((losses) => average(losses.slice(0, own.length))).sort((a, b) => a - b);
  const limit = medianOf(averages);
  return loss > limit ? `after ${own.length} reports it is behind the median of ${averages.length} completed trials` : undefined;
};

/** Of each rung, the part of the trials that goes on is one in so many; rungs lie a factor of it apart. */
const reduction = 3;

/**
 * Hyperband as successive halving without waiting: after min, 3·min, 9·min … reports a trial goes on only when it is among the best third
 * of all trials that have come as far by then.
 * @param others all other trials, whatever became of them
 */
export function createRungRule(min: number, max: number): StopRule {
  const rungs: number[] = [];
  for (let rung = min; rung < max; rung *= reduction) rungs.push(rung);
  return (own, others) => {
    const rung = own.length;
    const loss = own.at(-1);
    if (loss === undefined || !rungs.includes(rung)) return undefined;
    const rivals = others.flatMap((losses) => losses[rung - 1] ?? []);
    const rank = 1 + rivals.filter((rival) => rival < loss).length;
    const places = Math.ceil((rivals.length + 1) / reduction);
    if (rank <= places) return undefined;
    return `after ${rung} reports it is number ${rank} of ${rivals.length + 1} trials, of which ${places} go${places === 1 ? 'es' : ''} on`;
  };
}

const average = (numbers: readonly number[]) => numbers.reduce((sum, number) => sum + number, 0) / numbers.length;

function medianOf(sorted: readonly number[]): number {
  const middle = sorted.length / 2;
  return average(sorted.slice(Math.ceil(middle) - 1, Math.floor(middle) + 1));
}
