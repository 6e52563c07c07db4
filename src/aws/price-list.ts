import { isMembers } from './merge-members.ts';

/**
 * The different on-demand USD per hour of one component in documents of the Price List, lowest first. Rows of other components
 * (notebooks, HyperPod), one-time fees of training plans and free tiers are not among them.
 */
export function readPrices(
  documents: readonly string[],
  wanted: { instanceType: string; region: string; component: 'Training' | 'Hosting' },
): number[] {
  const prices = documents.flatMap((text) => {
    const document = parse(text);
    const attributes = member(member(document, 'product'), 'attributes');
    if (member(attributes, 'component') !== wanted.component) return [];
    if (member(attributes, 'instanceName') !== wanted.instanceType || member(attributes, 'regionCode') !== wanted.region)
      return [];
    return values(member(member(document, 'terms'), 'OnDemand')).flatMap(readTerm);
  });
  return [...new Set(prices)].sort((a, b) => a - b);
}

function readTerm(term: unknown): number[] {
  return values(member(term, 'priceDimensions')).flatMap((dimension) => {
    if (member(dimension, 'unit') !== 'Hrs') return [];
    const text = member(member(dimension, 'pricePerUnit'), 'USD');
    const usdPerHour = typeof text === 'string' ? Number(text) : Number.NaN;
    return Number.isFinite(usdPerHour) && usdPerHour > 0 ? [usdPerHour] : [];
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const member = (value: unknown, name: string): unknown =>
  isMembers(value) && Object.hasOwn(value, name) ? value[name] : undefined;
const values = (value: unknown): unknown[] => (isMembers(value) ? Object.values(value) : []);
