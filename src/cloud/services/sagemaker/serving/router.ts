import type { Fleet, VariantFleet } from './fleet.ts';

/** Which share of the calls goes to which fleet: two of them while a deployment shifts traffic. */
interface Traffic {
  readonly fleet: Fleet;
  readonly share: number;
}

export interface Router {
  traffic: readonly Traffic[];
  /** A variant with an instance that takes calls, by weight or by name; undefined when there is none. */
  pick(targetVariant: string | undefined): VariantFleet | undefined;
}

/** Smooth weighted round robin: over any stretch of calls every variant has its share, without runs of one of them. */
export function createRouter(): Router {
  const credit = new Map<VariantFleet, number>();
  const router: Router = {
    traffic: [],
    pick: (targetVariant) => {
      const open = router.traffic.flatMap(({ fleet, share }) =>
        fleet.variants
          .filter((variant) => variant.ready.length > 0 && (targetVariant === undefined || variant.name === targetVariant))
          .map((variant) => ({ variant, weight: share * (targetVariant === undefined ? variant.weight : 1) })),
      );
      const total = open.reduce((sum, { weight }) => sum + weight, 0);
      if (total === 0) return open[0]?.variant;
      for (const known of credit.keys()) if (!open.some(({ variant }) => variant === known)) credit.delete(known);
      for (const { variant, weight } of open) credit.set(variant, (credit.get(variant) ?? 0) + weight);
      const best = open.reduce((top, each) => ((credit.get(each.variant) ?? 0) > (credit.get(top.variant) ?? 0) ? each : top));
      credit.set(best.variant, (credit.get(best.variant) ?? 0) - total);
      return best.variant;
    },
  };
  return router;
}
