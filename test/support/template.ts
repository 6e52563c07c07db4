import { parse, type CollectionTag, type ScalarTag } from 'yaml';
import { z } from 'zod';

const account = '000000000000';
const provider = `arn:aws:iam::${account}:oidc-provider/token.actions.githubusercontent.com`;
const noValue = Symbol('AWS::NoValue');

const template = z.object({
  Parameters: z.record(z.string(), z.object({ Default: z.union([z.string(), z.number()]).optional() })),
  Conditions: z.record(z.string(), z.unknown()),
  Resources: z.record(
    z.string(),
    z.object({ Type: z.string(), Condition: z.string().optional(), Properties: z.record(z.string(), z.unknown()) }),
  ),
});

/** Short forms of intrinsic functions, read into long ones. */
const tags = ['Ref', 'Sub', 'GetAtt', 'If', 'Equals', 'And', 'Or', 'Not'].flatMap((name): (ScalarTag | CollectionTag)[] => {
  const key = name === 'Ref' ? 'Ref' : `Fn::${name}`;
  return [
    { tag: `!${name}`, resolve: (text: string) => ({ [key]: name === 'GetAtt' ? text.split('.') : text }) },
    { tag: `!${name}`, collection: 'seq', resolve: (list) => ({ [key]: list.toJSON() }) },
  ];
});

export interface RenderedResource {
  readonly name: string;
  readonly properties: unknown;
}

/**
 * Resources of a CloudFormation template as they would be made in us-east-1, with every intrinsic function resolved that
 * infra/bootstrap.yml uses, and an error for any other.
 * @returns what finds the resources of a type whose condition holds
 */
export function renderTemplate(text: string, parameters: Readonly<Record<string, string>>): (type: string) => RenderedResource[] {
  const { Parameters, Conditions, Resources } = template.parse(parse(text, { customTags: tags }));
  const values = new Map([
    ['AWS::Partition', 'aws'],
    ['AWS::Region', 'us-east-1'],
    ['AWS::AccountId', account],
  ]);
  for (const [name, { Default: byDefault }] of Object.entries(Parameters)) {
    const value = parameters[name] ?? byDefault;
    if (value === undefined) throw new Error(`The stack needs a value for ${name}.`);
    values.set(name, String(value));
  }

  const holds = (name: string) => isTrue(Conditions[name]);
  function isTrue(condition: unknown): boolean {
    const found = readCall(condition);
    const list = asList(found?.argument);
    if (found?.name === 'Fn::Equals') return resolve(list[0]) === resolve(list[1]);
    if (found?.name === 'Fn::Not') return !isTrue(list[0]);
    if (found?.name === 'Fn::And') return list.every(isTrue);
    if (found?.name === 'Fn::Or') return list.some(isTrue);
    throw new Error(`The condition ${JSON.stringify(condition)} is not known here.`);
  }

  function refer(name: string): unknown {
    const value = name === 'AWS::NoValue' ? noValue : values.get(name);
    if (value !== undefined) return value;
    const { Type: type, Properties: properties } = Resources[name] ?? {};
    if (type === 'AWS::S3::Bucket') return resolve(properties?.['BucketName']);
    if (type === 'AWS::IAM::OIDCProvider') return provider;
    if (type === 'AWS::IAM::ManagedPolicy' || type === 'AWS::IAM::Role') return name;
    throw new Error(`The reference ${name} is not known here.`);
  }
  function getArn(name: string, attribute: string): string {
    const type = Resources[name]?.Type;
    if (attribute === 'Arn' && type === 'AWS::IAM::Role') return `arn:aws:iam::${account}:role/${name}`;
    if (attribute === 'Arn' && type === 'AWS::S3::Bucket') return `arn:aws:s3:::${String(refer(name))}`;
    throw new Error(`The attribute ${name}.${attribute} is not known here.`);
  }
  const substitute = (given: string) =>
    given.replaceAll(/\$\{([^}!]+)\}/g, (_all, name: string) => {
      const [resource = '', attribute] = name.split('.');
      return attribute === undefined ? String(refer(resource)) : getArn(resource, attribute);
    });

  function resolve(node: unknown): unknown {
    if (Array.isArray(node)) return node.map(resolve).filter((item) => item !== noValue);
    if (typeof node !== 'object' || node === null) return node;
    const found = readCall(node);
    if (found) return evaluate(found.name, asList(found.argument));
    const resolved = Object.entries(node).map(([key, item]) => [key, resolve(item)] as const);
    return Object.fromEntries(resolved.filter(([, item]) => item !== noValue));
  }
  function evaluate(name: string, list: readonly unknown[]): unknown {
    if (name === 'Ref') return refer(String(list[0]));
    if (name === 'Fn::Sub') return substitute(String(list[0]));
    if (name === 'Fn::GetAtt') return getArn(String(list[0]), String(list[1]));
    if (name === 'Fn::If') return resolve(holds(String(list[0])) ? list[1] : list[2]);
    throw new Error(`The function ${name} is not known here.`);
  }

  return (type) =>
    Object.entries(Resources)
      .filter(([, resource]) => resource.Type === type && (resource.Condition === undefined || holds(resource.Condition)))
      .map(([name, resource]) => ({ name, properties: resolve(resource.Properties) }));
}

function readCall(node: unknown): { name: string; argument: unknown } | undefined {
  if (typeof node !== 'object' || node === null) return undefined;
  const [first, ...more] = Object.entries(node);
  if (!first || more.length > 0 || !(first[0] === 'Ref' || first[0].startsWith('Fn::'))) return undefined;
  return { name: first[0], argument: first[1] };
}

const asList = (value: unknown): unknown[] => (Array.isArray(value) ? value : [value]);
