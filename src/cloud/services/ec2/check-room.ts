import { isOver } from './instance.ts';
import { quotaOf } from './instance-types.ts';
import type { QuotaName, Shortage } from './options.ts';
import type { RunPlan } from './check-run.ts';
import { refuse } from './refuse.ts';
import type { Ec2Room } from './room.ts';
import { spotPriceOf } from './spot-prices.ts';

/** vCPUs where the options name none: enough for every type once. */
const defaultQuotas: Readonly<Record<QuotaName, number>> = {
  standard: 640,
  g: 384,
  p: 384,
  'spot-standard': 640,
  'spot-g': 384,
  'spot-p': 384,
};

/** Whether the account and the zone have room for a launch, and how many machines of it. @throws the refusals that another type, zone or market may not meet */
export function checkRoom({ instance, count, maxPrice }: RunPlan, room: Ec2Room): number {
  const { instanceType, market, subnet, vcpus } = instance;
  const number = countWithinQuota(instanceType, market, vcpus, count, room);
  const zone = subnet.zone.slice(-1);
  if (isShort(room.shortages, instanceType, zone, market)) throw refuseCapacity(instanceType, market, subnet.zone, room);
  const lowest = spotPriceOf(instanceType, subnet.zone);
  if (market === 'spot' && maxPrice !== undefined && lowest !== undefined && maxPrice < lowest) {
    throw refuse(
      'SpotMaxPriceTooLow',
      `Your Spot request price of ${maxPrice} is lower than the minimum required Spot request fulfillment price of ${lowest}.`,
    );
  }
  return number;
}

function countWithinQuota(
  instanceType: string,
  market: 'spot' | 'on-demand',
  vcpus: number,
  { least, most }: RunPlan['count'],
  { table, options }: Ec2Room,
): number {
  const quota = quotaOf(instanceType, market);
  const limit = options.vcpuQuotas?.[quota] ?? defaultQuotas[quota];
  const counted = table.all().filter((one) => !isOver(one) && quotaOf(one.plan.instanceType, one.plan.market) === quota);
  const used = counted.reduce((sum, { plan }) => sum + plan.vcpus, 0);
  const number = Math.min(most, Math.floor((limit - used) / vcpus));
  if (number >= least) return number;
  if (market === 'spot') throw refuse('MaxSpotInstanceCountExceeded', 'Max spot instance count exceeded');
  throw refuse(
    'VcpuLimitExceeded',
    `You have requested more vCPU capacity than your current vCPU limit of ${limit} allows for the instance bucket that the specified instance type belongs to. Please visit http://aws.amazon.com/contact-us/ec2-request to request an adjustment to this limit.`,
  );
}

function isShort(shortages: readonly Shortage[], instanceType: string, zone: string, market: 'spot' | 'on-demand'): boolean {
  return shortages.some(
    (one) =>
      (one.instanceType ?? instanceType) === instanceType && (one.zone ?? zone) === zone && (one.market ?? market) === market,
  );
}

/** EC2 answers it as an error of its own: 500, which clients try again. */
function refuseCapacity(instanceType: string, market: 'spot' | 'on-demand', zone: string, { network, shortages }: Ec2Room) {
  if (market === 'spot')
    return refuse('InsufficientInstanceCapacity', 'There is no Spot capacity available that matches your request.', 500);
  const others = network.zones.filter((one) => one !== zone && !isShort(shortages, instanceType, one.slice(-1), market));
  const hint =
    others.length > 0
      ? ` You can currently get ${instanceType} capacity by not specifying an Availability Zone in your request or choosing ${others.join(', ')}.`
      : '';
  return refuse(
    'InsufficientInstanceCapacity',
    `We currently do not have sufficient ${instanceType} capacity in the Availability Zone you requested (${zone}). Our system will be working on provisioning additional capacity.${hint}`,
    500,
  );
}
