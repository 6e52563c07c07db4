import { cborCodec } from './codecs.ts';
import { messageMember, shapeError } from './errors.ts';
import type { Protocol } from './protocol.ts';
import { cbor } from '@smithy/core/cbor';

const headers = (requestId: string) => ({
  'content-type': 'application/cbor',
  'smithy-protocol': 'rpc-v2-cbor',
  'x-amzn-requestid': requestId,
});

/** Smithy RPC v2 with CBOR: the path names the operation. Newer boto3 speaks it to CloudWatch. */
export function rpcCbor(): Protocol {
  const codec = cborCodec();
  return {
    async read(operation, request) {
      const body = await request.body();
      if (body.length === 0) return { input: {} };
      const input: Record<string, unknown> = await codec.createDeserializer().read(operation.input, body);
      return { input };
    },

    write(_service, operation, output, requestId) {
      if (operation.output.isUnitSchema()) return { status: 200, headers: headers(requestId), body: cbor.serialize({}) };
      const serializer = codec.createSerializer();
      serializer.write(operation.output, output);
      return { status: 200, headers: headers(requestId), body: serializer.flush() };
    },

    fail(service, error, requestId) {
      const shaped = shapeError(service, error);
      const type = shaped.shape?.getName(true) ?? shaped.name;
      const body = cbor.serialize({ __type: type, [messageMember(shaped.shape)]: shaped.message, ...shaped.members });
      const query = `${shaped.queryCode};${shaped.fault === 'client' ? 'Sender' : 'Receiver'}`;
      const status = error.status ?? (shaped.fault === 'client' ? 400 : 500);
      return { status, headers: { ...headers(requestId), 'x-amzn-query-error': query }, body };
    },
  };
}
