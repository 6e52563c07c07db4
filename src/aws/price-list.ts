import { isMembers } from './merge-members.ts';

/**
 * The different on-demand USD per hour of one component in documents of the Price List, lowest first. Rows of other components
 * (notebooks, HyperPod), one-time fees of training plans and free tiers are not among them.
 */
export function readPrices(
  documents: readonly string[],
  wanted: { instanceType: string; region: string; component: 'Training' | 'Hosting' },
): number[] {
  const { component, instanceType, region } = wanted;
  return readRates(documents, { component, instanceName: instanceType, regionCode: region }, 'Hrs');
}

/** The different on-demand USD per unit of products with these attributes, lowest first; what costs nothing is not among them. */
export function readRates(
  documents: readonly string[],
  wanted: Readonly<Record<string, string>>,
  unit: 'Hrs' | 'GB-Mo',
): number[] {
  const prices = documents.flatMap((text) => {
    const document = parse(text);
    const attributes = member(member(document, 'product'), 'attributes');
    if (Object.entries(wanted).some(([name, value]) => member(attributes, name) !== value)) return [];
    return values(member(member(document, 'terms'), 'OnDemand')).flatMap((term) => readTerm(term, unit));
  });
  return [...new Set(prices)].sort((a, b) => a - b);
}

function readTerm(term: unknown, unit: string): number[] {
  return values(member(term, 'priceDimensions')).flatMap((dimension) => {
    if (member(dimension, 'unit') !== unit) return [];
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
