import { JsonCodec2, XmlCodec } from '@aws-sdk/core/protocols';
import { CborCodec } from '@smithy/core/cbor';
import { FromStringShapeDeserializer, ToStringShapeSerializer } from '@smithy/core/protocols';
import { fromBase64, fromUtf8, toBase64, toUtf8 } from '@smithy/core/serde';
import type { CodecSettings, SerdeFunctions } from '@smithy/types';

const epochSeconds = 7;
const rfc3339 = 5;

// The codecs ask for nothing else of the functions an SDK client would give them.
const serde = {
  base64Decoder: fromBase64,
  base64Encoder: toBase64,
  utf8Decoder: fromUtf8,
  utf8Encoder: toUtf8,
};

function withSerde<T extends { setSerdeContext(context: Pick<SerdeFunctions, keyof typeof serde>): void }>(codec: T): T {
  codec.setSerdeContext(serde);
  return codec;
}

const timestamps = (format: typeof epochSeconds | typeof rfc3339): CodecSettings => ({
  timestampFormat: { useTrait: true, default: format },
  httpBindings: true,
});

export const rpcJsonCodec = () => withSerde(new JsonCodec2({ ...timestamps(epochSeconds), jsonName: false }));
export const restJsonCodec = () => withSerde(new JsonCodec2({ ...timestamps(epochSeconds), jsonName: true }));
export const cborCodec = () => withSerde(new CborCodec());
export const xmlCodec = (xmlNamespace: string) =>
  withSerde(new XmlCodec({ ...timestamps(rfc3339), xmlNamespace, serviceNamespace: '' }));

/** Reads one value out of a header, a label, a query string or a form. */
export const stringReader = withSerde(new FromStringShapeDeserializer(timestamps(rfc3339)));
/** Writes one value for a header. */
export const stringWriter = withSerde(new ToStringShapeSerializer(timestamps(rfc3339)));
