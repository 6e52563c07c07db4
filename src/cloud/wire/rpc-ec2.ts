import { AwsError } from '../contract.ts';
import { xmlCodec } from './codecs.ts';
import { shapeError } from './errors.ts';
import type { Protocol } from './protocol.ts';
import { decodeQuery, type QueryNames } from './query.ts';
import { escapeXml } from './xml.ts';

const names: QueryNames = {
  keyOf: (name, traits) => {
    const ec2Name: unknown = traits['ec2QueryName'];
    return typeof ec2Name === 'string' ? ec2Name : capitalise(traits.xmlName ?? name);
  },
  flatLists: true,
};

/** EC2's dialect of AWS query: lists are always flat, answers have no result element, and errors are not modelled. */
export const rpcEc2: Protocol = {
  async read(operation, request) {
    const form = new URLSearchParams((await request.body()).toString());
    for (const [key, value] of request.query) if (!form.has(key) && !key.startsWith('X-Amz-')) form.append(key, value);
    return decodeQuery(operation.input, form, names);
  },

  write(service, operation, output, requestId) {
    const namespace = service.metadata.xmlNamespace ?? '';
    const members = operation.output.isUnitSchema() ? '' : writeMembers(operation.output, output);
    const id = `<requestId>${requestId}</requestId>`;
    const body = `<${operation.name}Response xmlns="${namespace}">${id}${members}</${operation.name}Response>`;
    return { status: 200, headers: headers(requestId), body };
  },

  fail(service, error, requestId) {
    const { queryCode, message, status } = shapeError(service, error);
    const fault = `<Error><Code>${escapeXml(queryCode)}</Code><Message>${escapeXml(message)}</Message></Error>`;
    const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Response><Errors>${fault}</Errors><RequestID>${requestId}</RequestID></Response>`;
    return { status, headers: headers(requestId), body };
  },
};

const headers = (requestId: string) => ({ 'content-type': 'text/xml;charset=UTF-8', 'x-amzn-requestid': requestId });
const capitalise = (name: string) => name.charAt(0).toUpperCase() + name.slice(1);

/** The members of the answer, without the root that the serializer names after the shape. */
function writeMembers(schema: Parameters<Protocol['write']>[1]['output'], output: unknown): string {
  const serializer = xmlCodec('').createSerializer();
  serializer.write(schema, output);
  const text = serializer.flush().toString();
  const inner = /^<[^>]*[^/]>(.*)<\/[^<>]+>$/s.exec(text);
  if (inner) return inner[1] ?? '';
  if (/^<[^<>]*\/>$/.test(text)) return '';
  throw new AwsError('InternalError', 'The answer could not be written.', { status: 500 });
}
