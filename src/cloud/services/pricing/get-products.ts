import type { Filter, GetProductsRequest, GetProductsResponse } from '@aws-sdk/client-pricing';
import { AwsError } from '../../contract.ts';
import { listEc2Products } from './ec2-products.ts';
import { asPriced, type PricedProduct, writePriceDocument } from './price-document.ts';
import { listProducts } from './price-list.ts';

const priceLists: Readonly<Record<string, () => PricedProduct[]>> = {
  AmazonSageMaker: () => listProducts().map(asPriced),
  AmazonEC2: listEc2Products,
};

/** Products whose attributes pass every filter; each is a JSON text of its own. */
export function getProducts(input: GetProductsRequest): GetProductsResponse {
  const products = priceLists[input.ServiceCode ?? ''];
  if (!products) {
    const known = Object.keys(priceLists).join(' and ');
    throw new AwsError(
      'InvalidParameterException',
      `The local cloud has price lists of ${known} only, not of ${input.ServiceCode}.`,
    );
  }
  const from = input.NextToken === undefined ? 0 : Number(input.NextToken);
  if (!Number.isInteger(from) || from < 0)
    throw new AwsError('InvalidNextTokenException', 'The pagination token is invalid. Try again without one.');
  const found = products().filter(({ attributes, productFamily, serviceCode }) => {
    const fields: Record<string, string> = { ...attributes, productFamily, ServiceCode: serviceCode };
    return (input.Filters ?? []).every((filter) => passes(fields[filter.Field ?? ''], filter));
  });
  const to = from + (input.MaxResults ?? 100);
  return {
    FormatVersion: 'aws_v1',
    PriceList: found.slice(from, to).map(writePriceDocument),
    ...(to < found.length && { NextToken: String(to) }),
  };
}

/** A product that lacks the attribute passes no filter on it, except one that excludes values. */
function passes(value: string | undefined, { Type: type, Value: wanted = '' }: Filter): boolean {
  switch (type) {
    case 'TERM_MATCH':
    case 'EQUALS':
      return value === wanted;
    case 'CONTAINS':
      return value?.includes(wanted) ?? false;
    case 'ANY_OF':
      return value !== undefined && wanted.split(',').includes(value);
    case 'NONE_OF':
      return value === undefined || !wanted.split(',').includes(value);
    case undefined:
    default:
      throw new AwsError('InvalidParameterException', `The filter type ${type} is unknown.`);
  }
}
