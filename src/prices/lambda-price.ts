/**
 * USD per GB-second for keeping an x86 environment warm (provisioned concurrency), whether it is called or not. us-east-1: the public
 * Lambda pricing page as quoted in 2026. Regions that are not here are unknown. (0.0000097222, often taken for it, is what a call costs
 * on such an environment.)
 */
const provisionedUsdPerGbSecond: Readonly<Record<string, number>> = { 'us-east-1': 0.000_004_166_7 };

export type ProvisionedPrice =
  | { readonly kind: 'known'; readonly usdPerGbSecond: number; readonly date: string }
  | { readonly kind: 'unknown'; readonly why: string };

export function findProvisionedPrice(region: string): ProvisionedPrice {
  const usdPerGbSecond = Object.hasOwn(provisionedUsdPerGbSecond, region) ? provisionedUsdPerGbSecond[region] : undefined;
  if (usdPerGbSecond === undefined)
    return { kind: 'unknown', why: `the built-in table has no price of provisioned concurrency in ${region}` };
  return { kind: 'known', usdPerGbSecond, date: '2026' };
}
