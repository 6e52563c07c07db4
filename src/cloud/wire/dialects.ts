import { restJsonCodec, xmlCodec } from './codecs.ts';
import { messageMember } from './errors.ts';
import type { RestDialect } from './rest.ts';
import { escapeXml } from './xml.ts';

const s3Namespace = 'http://s3.amazonaws.com/doc/2006-03-01/';

export const restJsonDialect: RestDialect = {
  bucketInPath: false,
  contentType: 'application/json',
  requestIdHeader: 'x-amzn-requestid',
  malformedCode: 'SerializationException',
  codec: () => restJsonCodec(),
  writeError: (error) => JSON.stringify({ [messageMember(error.shape)]: error.message, ...error.members }),
};

export const s3Dialect: RestDialect = {
  bucketInPath: true,
  contentType: 'application/xml',
  requestIdHeader: 'x-amz-request-id',
  malformedCode: 'MalformedXML',
  codec: () => xmlCodec(s3Namespace),
  writeError({ name, message, members }, requestId) {
    const fields = Object.entries({ Code: name, Message: message, ...members, RequestId: requestId });
    const text = fields.map(([field, value]) => `<${field}>${escapeXml(value)}</${field}>`).join('');
    return `<?xml version="1.0" encoding="UTF-8"?>\n<Error>${text}</Error>`;
  },
  findSpecial(operation, output) {
    // GetBucketLocation's answer is text in the root; its schema has a member there.
    if (operation.name !== 'GetBucketLocation') return undefined;
    const location = output['LocationConstraint'];
    return `<?xml version="1.0" encoding="UTF-8"?>\n<LocationConstraint xmlns="${s3Namespace}">${escapeXml(typeof location === 'string' ? location : '')}</LocationConstraint>`;
  },
};
