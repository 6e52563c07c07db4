import type { Price, RunRecord } from '../records/record.ts';
import type { Use } from './utilisation.ts';

/** What the tables know about machines. */
export interface Sizes {
  findShape(instanceType: string): { readonly vcpus: number; readonly memoryGib: number } | undefined;
  findPrice(instanceType: string, region: string): Price;
}

/** What another size of the same family would change; prices are USD per instance-hour. */
export interface SizeAdvice {
  readonly direction: 'smaller' | 'larger';
  readonly instanceType: string;
  readonly vcpus: number;
  readonly usdPerHour: number;
  readonly currentUsdPerHour: number;
  /** Training must take less than this for the other size to cost less. */
  readonly breakEvenSeconds: number;
}

const ladder = ['medium', 'large', 'xlarge', ...[2, 3, 4, 6, 8, 9, 12, 16, 18, 24, 32, 48].map((times) => `${times}xlarge`)];

/**
 * A smaller size when CPU and memory at their peaks would fit into it; a larger one when the CPU was the limit. Never for a
 * rehearsal, whose CPU is another machine's, and never from partial data or an unknown price.
 */
export function findBetterSize(
  record: RunRecord,
  cpu: Use | undefined,
  memory: Use | undefined,
  sizes: Sizes,
): SizeAdvice | undefined {
  if (
    record.rehearsal ||
    record.utilisation.coverage !== 'complete' ||
    !cpu ||
    record.price.kind !== 'known' ||
    !record.billedSeconds
  )
    return undefined;
  if ((record.machine.gpus ?? 0) > 0) return undefined;
  const direction = findPressure(cpu, memory);
  const next = direction && findNeighbour(record.machine.instanceType, direction, sizes);
  if (!next) return undefined;
  const price = sizes.findPrice(next.instanceType, record.region);
  if (price.kind !== 'known') return undefined;
  return {
    direction,
    ...next,
    usdPerHour: price.usdPerHour,
    currentUsdPerHour: record.price.usdPerHour,
    breakEvenSeconds: (record.billedSeconds * record.price.usdPerHour) / price.usdPerHour,
  };
}

function findPressure(cpu: Use, memory: Use | undefined): SizeAdvice['direction'] | undefined {
  if (cpu.average >= 85) return 'larger';
  return cpu.peak < 45 && memory && memory.peak < 40 ? 'smaller' : undefined;
}

function findNeighbour(instanceType: string, direction: SizeAdvice['direction'], sizes: Sizes) {
  const cut = instanceType.lastIndexOf('.');
  const place = ladder.indexOf(instanceType.slice(cut + 1));
  if (place < 0) return undefined;
  const candidates = direction === 'larger' ? ladder.slice(place + 1) : ladder.slice(0, place).toReversed();
  for (const size of candidates) {
    const name = `${instanceType.slice(0, cut)}.${size}`;
    const shape = sizes.findShape(name);
    if (shape) return { instanceType: name, vcpus: shape.vcpus };
  }
  return undefined;
}
