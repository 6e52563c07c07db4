import { AwsError } from '../contract.ts';
import { rpcJsonCodec } from './codecs.ts';
import { messageMember, shapeError } from './errors.ts';
import type { Protocol, ReadInput } from './protocol.ts';

/** AWS JSON 1.0 and 1.1: `x-amz-target` names the operation, input and output are JSON objects. */
export function rpcJson(version: '1.0' | '1.1'): Protocol {
  const codec = rpcJsonCodec();
  const headers = (requestId: string) => ({ 'content-type': `application/x-amz-json-${version}`, 'x-amzn-requestid': requestId });
  return {
    async read(operation, request): Promise<ReadInput> {
      const body = await request.body();
      const raw = parseObject(body);
      if (operation.input.isUnitSchema() || body.length === 0) return { raw, input: {} };
      // The codec changes what it reads in place and drops what it does not know: `raw` is parsed on its own.
      const input: Record<string, unknown> = await codec.createDeserializer().read(operation.input, body.toString());
      return { raw, input };
    },

    write(_service, operation, output, requestId) {
      if (operation.output.isUnitSchema()) return { status: 200, headers: headers(requestId), body: '{}' };
      const serializer = codec.createSerializer();
      serializer.write(operation.output, output);
      return { status: 200, headers: headers(requestId), body: serializer.flush() };
    },

    fail(service, error, requestId) {
      const shaped = shapeError(service, error);
      const body = { __type: shaped.name, [messageMember(shaped.shape)]: shaped.message, ...shaped.members };
      // Clients of services that once spoke the query protocol match the old code; it comes in a header.
      const query: Record<string, string> = service.metadata.protocols.includes('query')
        ? { 'x-amzn-query-error': `${shaped.queryCode};${shaped.fault === 'client' ? 'Sender' : 'Receiver'}` }
        : {};
      const status = error.status ?? (shaped.fault === 'client' ? 400 : 500);
      return { status, headers: { ...headers(requestId), ...query }, body: JSON.stringify(body) };
    },
  };
}

function parseObject(body: Buffer): unknown {
  try {
    const value: unknown = JSON.parse(body.toString() || '{}');
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch {
    // Said below, for both kinds of wrong body.
  }
  throw new AwsError('SerializationException', 'The body of the request is not a JSON object.');
}
