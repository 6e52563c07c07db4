import { findProvisionedUsdPerMonth } from '../serving/scaling-cost.ts';
import { findMonthlyUsd, hoursPerMonth } from '../serving/serving-cost.ts';
import type { DeployRecord, ScalingRecord } from '../serving/record.ts';
import type { Table, Text } from './document.ts';
import { formatUsd, joinWords } from './format.ts';
import { describePrices } from './money.ts';
import type { ReleaseInput, ReleaseSteps } from './release-input.ts';

type LambdaPrices = ReleaseInput['lambdaPrices'];
const unknown = 'unknown (no price)';

/** What stands there costs a month: with as little as scaling leaves, and with all that it allows. */
export function writeReleaseCost({ lambdaPrices }: ReleaseInput, { deploy, scaling }: ReleaseSteps): Table {
  const rows = [
    ...(deploy ? [writeEndpoint(deploy, scaling)] : []),
    ...(scaling
      ? [[[{ strong: 'Lambda' }], writeLeast(scaling.lambda, lambdaPrices), writeMost(scaling.lambda, lambdaPrices)]]
      : []),
  ];
  return { kind: 'table', header: ['A month', 'At least', 'At most'], rows };
}

/** Where the prices of the table come from. */
export function describeReleasePrices({ lambdaPrices }: ReleaseInput, { deploy, scaling }: ReleaseSteps): string {
  const { warm, work } = lambdaPrices;
  const lambda = [
    warm.kind === 'known' ? `${formatRate(warm.usdPerGbSecond)} to be kept warm` : '',
    work ? `${formatRate(work.usdPerGbSecond)} to work` : '',
  ].filter((part) => part !== '');
  const parts = [
    ...(deploy ? [describePrices([deploy])] : []),
    ...(scaling && lambda.length > 0
      ? [`Lambda ${joinWords(lambda)} (built-in table, ${work?.date ?? (warm.kind === 'known' ? warm.date : '')})`]
      : []),
  ];
  return parts.length === 0 ? '' : `A month is ${hoursPerMonth} hours. Prices: ${parts.join('; ')}.`;
}

function writeEndpoint({ machine, price }: DeployRecord, scaling: ScalingRecord | undefined): Text[] {
  const range = scaling?.endpoint ?? { min: machine.instances, max: machine.instances };
  const cell = (instances: number): Text => {
    const usd = findMonthlyUsd(price, instances);
    return [`${usd === undefined ? unknown : formatUsd(usd)} – ${instances} × `, { code: machine.instanceType }];
  };
  return [[{ strong: 'Endpoint' }], cell(range.min), cell(range.max)];
}

function writeLeast({ provisioned = 0, memoryMb }: ScalingRecord['lambda'], { warm }: LambdaPrices): Text {
  const usd = findProvisionedUsdPerMonth(warm, provisioned, memoryMb);
  const what = provisioned === 0 ? 'nothing is kept warm' : `${provisioned} × ${memoryMb} MB kept warm`;
  return [`${usd === undefined ? unknown : formatUsd(usd)} – ${what}`];
}

/** Only a reservation bounds what calls can cost; without one there is a rate, not a figure. */
function writeMost({ provisioned = 0, reserved, memoryMb }: ScalingRecord['lambda'], { warm, work }: LambdaPrices): Text {
  const kept = findProvisionedUsdPerMonth(warm, provisioned, memoryMb);
  if (!work || kept === undefined) return [unknown];
  const calls = `${formatUsd(work.usdPerMillionCalls)} a million calls`;
  if (reserved === undefined) return [`by use: ${formatRate(work.usdPerGbSecond)} and ${calls}`];
  const gbSeconds = (memoryMb / 1024) * hoursPerMonth * 3600;
  const inWarm = Math.min(provisioned, reserved) * work.provisionedUsdPerGbSecond;
  const inOthers = Math.max(0, reserved - provisioned) * work.usdPerGbSecond;
  return [`${formatUsd(kept + gbSeconds * (inWarm + inOthers))} and ${calls} – ${reserved} at work all the time`];
}

function formatRate(usdPerGbSecond: number): string {
  return `$${usdPerGbSecond.toFixed(10).replace(/0+$/, '')} a GB-second`;
}
