import type { Cloud, Room } from '../../contract.ts';
import * as schemas from '../../wire/schemas/application-auto-scaling.generated.ts';
import type { ScalableVariants } from '../sagemaker/serving/scalable-variants.ts';
import { createScalingHandlers } from './handlers.ts';
import { scaleTargets } from './scaler.ts';
import type { Targets } from './targets.ts';

interface Deps {
  readonly cloud: Cloud;
  readonly targets: Targets;
  readonly variants: ScalableVariants;
  readonly minuteSeconds: number;
}

const looksPerMinute = 4;
const longestBetweenLooksMs = 1000;

/** Application Auto Scaling that acts: it looks at its targets several times a minute, as long as the cloud runs. */
export function createScaling(deps: Deps): Room {
  const { cloud, minuteSeconds } = deps;
  const over = new AbortController();
  const everyMs = Math.min((minuteSeconds * 1000) / looksPerMinute, longestBetweenLooksMs);
  const look = async () => {
    while (!over.signal.aborted) {
      await cloud.clock.sleep(everyMs, over.signal);
      if (!over.signal.aborted) scaleTargets(deps);
    }
  };
  const looking = look();
  return {
    services: [{ name: 'application-auto-scaling', schemas, handlers: createScalingHandlers(deps) }],
    close: async () => {
      over.abort();
      await looking;
    },
  };
}
