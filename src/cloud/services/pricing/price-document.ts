import { createHash } from 'node:crypto';

/** One rate of the price list. */
export interface Product {
  readonly region: string;
  readonly instanceName: string;
  readonly usdPerUnit: number;
  readonly unit: 'Hrs' | 'Quantity';
  /** What the instance does: Training, Hosting, Cluster (HyperPod) … Absent on fees. */
  readonly component: string | undefined;
  readonly usage: string;
  readonly platoType: string;
  /** YYYY-MM or YYYY-MM-DD. */
  readonly date: string;
}

export const locations: Readonly<Record<string, readonly [name: string, usagePrefix: string]>> = {
  'us-east-1': ['US East (N. Virginia)', 'USE1'],
  'us-west-2': ['US West (Oregon)', 'USW2'],
  'eu-west-1': ['EU (Ireland)', 'EU'],
};

function listAttributes(product: Product): Record<string, string> {
  const [location = product.region, prefix = product.region] = locations[product.region] ?? [];
  return {
    servicecode: 'AmazonSageMaker',
    servicename: 'Amazon SageMaker',
    location,
    locationType: 'AWS Region',
    regionCode: product.region,
    instanceName: product.instanceName,
    platoinstancename: product.instanceName,
    platoinstancetype: product.platoType,
    usagetype: `${prefix}-${product.usage}:${product.instanceName}`,
    operation: 'RunInstance',
    ...(product.component !== undefined && {
      component: product.component,
      instanceType: `${product.instanceName}-${product.component}`,
    }),
  };
}

/** Any row of a price list, ready to be written. */
export interface PricedProduct {
  readonly serviceCode: 'AmazonSageMaker' | 'AmazonEC2';
  readonly productFamily: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly usdPerUnit: number;
  readonly unit: 'Hrs' | 'Quantity';
  readonly description: string;
  /** YYYY-MM or YYYY-MM-DD. */
  readonly date: string;
}

export function asPriced(product: Product): PricedProduct {
  const attributes = listAttributes(product);
  const { usdPerUnit, unit, date } = product;
  const what = `${product.component ?? product.usage} ${product.instanceName}`;
  return {
    serviceCode: 'AmazonSageMaker',
    productFamily: 'ML Instance',
    attributes,
    usdPerUnit,
    unit,
    description: `$${usdPerUnit} per ${what} in ${attributes['location']}`,
    date,
  };
}

/** The document of one product as the Pricing API gives it, in JSON text. */
export function writePriceDocument({ attributes, ...product }: PricedProduct): string {
  const sku = createHash('sha256')
    .update(attributes['usagetype'] ?? '')
    .update(attributes['platoinstancetype'] ?? '')
    .digest('hex')
    .slice(0, 16)
    .toUpperCase();
  const term = `${sku}.JRTCKXETXF`;
  const rate = `${term}.6YS6EN2CT7`;
  const published = `${product.date.length === 7 ? `${product.date}-01` : product.date}T00:00:00Z`;
  const dimension = {
    unit: product.unit,
    endRange: 'Inf',
    description: product.description,
    appliesTo: [],
    rateCode: rate,
    beginRange: '0',
    pricePerUnit: { USD: product.usdPerUnit.toFixed(10) },
  };
  return JSON.stringify({
    product: { productFamily: product.productFamily, attributes, sku },
    serviceCode: product.serviceCode,
    terms: {
      OnDemand: {
        [term]: {
          priceDimensions: { [rate]: dimension },
          sku,
          effectiveDate: published,
          offerTermCode: 'JRTCKXETXF',
          termAttributes: {},
        },
      },
    },
    version: published.replaceAll(/[-:TZ]/g, ''),
    publicationDate: published,
  });
}
