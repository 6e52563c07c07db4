/** USD for what calls of an x86 function cost beside what is kept warm. */
export interface LambdaWorkPrice {
  readonly usdPerGbSecond: number;
  /** A GB-second of work in an environment that is kept warm, on top of keeping it warm. */
  readonly provisionedUsdPerGbSecond: number;
  readonly usdPerMillionCalls: number;
  readonly date: string;
}

/** us-east-1: the public Lambda pricing page as quoted in 2026. The free tier of an account is left out. */
const prices: Readonly<Record<string, LambdaWorkPrice>> = {
  'us-east-1': {
    usdPerGbSecond: 0.000_016_666_7,
    provisionedUsdPerGbSecond: 0.000_009_722_2,
    usdPerMillionCalls: 0.2,
    date: '2026',
  },
};

/** Undefined for a region that the table does not have: there the price is unknown. */
export function findLambdaWorkPrice(region: string): LambdaWorkPrice | undefined {
  return Object.hasOwn(prices, region) ? prices[region] : undefined;
}
