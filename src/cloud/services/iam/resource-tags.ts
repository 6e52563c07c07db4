import type { Service } from '../../contract.ts';
import type { Context } from './evaluate.ts';
import { isRecord } from './statements.ts';

/** Tags of a resource as condition keys; none for what does not exist or has no tags here. */
export function createFindTags(services: readonly Service[]): (arn: string) => Promise<Context> {
  // The services' own operations say what the tags are, so there is no second truth.
  const ask = async (service: string, operation: string, input: object): Promise<unknown> => {
    const handler = services.find((one) => one.name === service && operation in one.handlers)?.handlers[operation];
    try {
      return handler && (await Reflect.apply(handler, undefined, [input]));
    } catch {
      return undefined;
    }
  };
  return async (arn) => {
    const [, , service = '', , , ...rest] = arn.split(':');
    if (service === 'sagemaker')
      return toContext(service, readList(await ask(service, 'ListTags', { ResourceArn: arn }), 'Tags'));
    if (service === 'lambda') {
      // Tags belong to the function, not to its versions.
      const whole = arn.split(':').slice(0, 7).join(':');
      const answer = await ask(service, 'ListTags', { Resource: whole });
      const tags = isRecord(answer) && isRecord(answer['Tags']) ? answer['Tags'] : {};
      return toContext(service, Object.entries(tags));
    }
    if (service !== 'ec2') return {};
    const id = rest.join(':').split('/').at(-1) ?? '';
    return toContext(
      service,
      readList(await ask(service, 'DescribeTags', { Filters: [{ Name: 'resource-id', Values: [id] }] }), 'Tags'),
    );
  };
}

function readList(answer: unknown, member: string): [string, unknown][] {
  const list = isRecord(answer) ? answer[member] : undefined;
  return Array.isArray(list) ? list.filter(isRecord).map((tag) => [String(tag['Key']), tag['Value']]) : [];
}

function toContext(service: string, tags: readonly (readonly [string, unknown])[]): Context {
  return Object.fromEntries(
    tags.flatMap(([key, value]) =>
      ['aws', service].map((prefix) => [`${prefix}:resourcetag/${key.toLowerCase()}`, [typeof value === 'string' ? value : '']]),
    ),
  );
}
