import type { Log } from '../../runner/ports.ts';
import { formatSeconds } from '../../time/duration.ts';
import { formatUsd } from '../../training/money.ts';
import { describePrice } from '../train-model/report-lines.ts';
import type { Preparation } from './prepare.ts';

/** What the step is about to do and may cost, before it does it. */
export function announce({ decisions, basis }: Preparation, log: Log): void {
  for (const decision of decisions) {
    const { plan } = decision;
    if (decision.kind === 'launch') {
      const { ceilingUsd, maxRuntimeSeconds, spot, volumeGb } = plan.asked;
      const most = ceilingUsd === undefined ? 'an unknown price' : formatUsd(ceilingUsd);
      const prices = plan.instanceTypes.map((type) => describePrice(type, plan.prices[type], basis.rehearsal));
      log.info(
        `${plan.label}: new run on ${spot ? 'spot ' : ''}${plan.instanceTypes.join(', else ')}${spot ? ', else on demand' : ''}, ` +
          `${volumeGb} GB, ${plan.image.name} (${plan.image.id}), at most ${formatSeconds(maxRuntimeSeconds)} of training and ${most} in all ` +
          `(${prices.join('; ')}).`,
      );
    } else if (decision.kind === 'reuse' && decision.record.state.status === 'reused') {
      const { name, commit } = decision.record.state;
      log.info(
        `${plan.label}: nothing has changed since ${commit.slice(0, 7)}; uses the model of ${name} at $0. The input force trains again.`,
      );
    }
  }
}
