import { xmlCodec } from './codecs.ts';
import { shapeError } from './errors.ts';
import type { Protocol } from './protocol.ts';
import { decodeQuery } from './query.ts';
import { escapeXml } from './xml.ts';

/** AWS query: a form with `Action`, answered in XML. */
export const rpcQuery: Protocol = {
  async read(operation, request) {
    const form = new URLSearchParams((await request.body()).toString());
    for (const [key, value] of request.query) if (!form.has(key) && !key.startsWith('X-Amz-')) form.append(key, value);
    return decodeQuery(operation.input, form);
  },

  write(service, operation, output, requestId) {
    const namespace = service.metadata.xmlNamespace ?? '';
    const result = operation.output.isUnitSchema() ? '' : writeResult(operation.name, namespace, operation.output, output);
    const metadata = `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata>`;
    const body = `<${operation.name}Response xmlns="${namespace}">${result}${metadata}</${operation.name}Response>`;
    return { status: 200, headers: headers(requestId), body };
  },

  fail(service, error, requestId) {
    const shaped = shapeError(service, error);
    const type = shaped.fault === 'client' ? 'Sender' : 'Receiver';
    const fault = `<Error><Type>${type}</Type><Code>${escapeXml(shaped.queryCode)}</Code><Message>${escapeXml(shaped.message)}</Message></Error>`;
    const body = `<ErrorResponse xmlns="${service.metadata.xmlNamespace ?? ''}">${fault}<RequestId>${requestId}</RequestId></ErrorResponse>`;
    return { status: shaped.status, headers: headers(requestId), body };
  },
};

const headers = (requestId: string) => ({ 'content-type': 'text/xml', 'x-amzn-requestid': requestId });

function writeResult(
  operation: string,
  namespace: string,
  schema: Parameters<Protocol['write']>[1]['output'],
  output: unknown,
): string {
  const serializer = xmlCodec(namespace).createSerializer();
  serializer.write(schema, output);
  const text = serializer.flush().toString();
  // The serializer names the root after the shape; the protocol names it after the operation.
  return text.replace(/^<[^\s/>]+/, `<${operation}Result`).replace(/<\/[^<>]+>$/, `</${operation}Result>`);
}
