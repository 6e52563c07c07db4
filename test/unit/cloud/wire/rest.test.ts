import { describe, expect, test } from '@jest/globals';
import { NormalizedSchema } from '@smithy/core/schema';
import type { $MemberSchema, $SchemaRef, StaticStructureSchema } from '@smithy/types';
import { ObjectBody } from '../../../../src/cloud/wire/object-body.ts';
import type { Operation } from '../../../../src/cloud/wire/operation.ts';
import { restJsonDialect, s3Dialect } from '../../../../src/cloud/wire/dialects.ts';
import type { WireRequest } from '../../../../src/cloud/wire/protocol.ts';
import { rest } from '../../../../src/cloud/wire/rest.ts';
import { scoreRest } from '../../../../src/cloud/wire/rest-path.ts';

type Members = Record<string, $SchemaRef>;

/** An operation as the SDK would describe it; the first `required` members are. */
function operation(
  name: string,
  method: string,
  template: string,
  input: Members,
  required = 0,
  output: Members = {},
): Operation {
  const schema = (members: Members) => {
    const shape: StaticStructureSchema = [3, 'ns', `${name}Shape`, 0, Object.keys(members), Object.values(members), required];
    return NormalizedSchema.of(shape);
  };
  return { name, input: schema(input), output: schema(output), http: { method, template, status: 200 }, checksummed: false };
}

function request(method: string, url: string, headers: Record<string, string> = {}, body = ''): WireRequest {
  const [path = '', query] = url.split('?');
  return {
    method,
    path,
    query: new URLSearchParams(query),
    headers,
    body: async () => Buffer.from(body),
    stream: () => new ObjectBody({}, {}),
  };
}

const label: $MemberSchema = [0, 1];
const bucket = { Bucket: label };
const object = { Bucket: label, Key: label };
const getObject = operation('GetObject', 'GET', '/{Key+}?x-id=GetObject', object, 2);
const s3 = [
  operation('ListBuckets', 'GET', '/?x-id=ListBuckets', {}),
  operation('ListObjectsV2', 'GET', '/?list-type=2', bucket, 1),
  operation('GetBucketLocation', 'GET', '/?location', bucket, 1),
  getObject,
  operation('ListParts', 'GET', '/{Key+}?x-id=ListParts', { ...object, UploadId: [0, { httpQuery: 'uploadId' }] }, 3),
  operation('PutObject', 'PUT', '/{Key+}?x-id=PutObject', object, 2),
  operation(
    'CopyObject',
    'PUT',
    '/{Key+}?x-id=CopyObject',
    { ...object, CopySource: [0, { httpHeader: 'x-amz-copy-source' }] },
    3,
  ),
  operation(
    'UploadPart',
    'PUT',
    '/{Key+}?x-id=UploadPart',
    { ...object, PartNumber: [1, { httpQuery: 'partNumber' }], UploadId: [0, { httpQuery: 'uploadId' }] },
    4,
  ),
  operation('CreateMultipartUpload', 'POST', '/{Key+}?uploads', object, 2),
];

function route(method: string, url: string, headers: Record<string, string> = {}): string | undefined {
  const scored = s3.map((candidate) => ({
    name: candidate.name,
    score: scoreRest(candidate, request(method, url, headers), true) ?? -1,
  }));
  const best = scored.reduce((top, next) => (next.score > top.score ? next : top));
  return best.score < 0 ? undefined : best.name;
}

describe('which operation of S3 a request calls', () => {
  const cases: [method: string, url: string, headers: Record<string, string>, name: string | undefined][] = [
    ['GET', '/', {}, 'ListBuckets'],
    ['GET', '/b?list-type=2&prefix=a', {}, 'ListObjectsV2'],
    ['GET', '/b?location', {}, 'GetBucketLocation'],
    ['GET', '/b', {}, undefined],
    ['GET', '/b/k', {}, 'GetObject'],
    ['GET', '/b/a/deep//key', {}, 'GetObject'],
    ['GET', '/b/k?uploadId=1', {}, 'ListParts'],
    ['PUT', '/b/k', {}, 'PutObject'],
    ['PUT', '/b/k', { 'x-amz-copy-source': 'b/other' }, 'CopyObject'],
    ['PUT', '/b/k?partNumber=1&uploadId=2', {}, 'UploadPart'],
    ['POST', '/b/k?uploads', {}, 'CreateMultipartUpload'],
    ['POST', '/b/k', {}, undefined],
  ];
  test.each(cases)('%s %s %j → %s', (method, url, headers, name) => {
    expect(route(method, url, headers)).toBe(name);
  });

  test('the key is what was asked for, byte by byte', async () => {
    expect((await rest(s3Dialect).read(getObject, request('GET', '/b/a%20b/%C3%BC/../c%2Fd'))).input).toEqual({
      Bucket: 'b',
      Key: 'a b/ü/../c/d',
    });
  });

  test('a part of S3 that is not there is not taken for another', async () => {
    expect((await rest(s3Dialect).read(getObject, request('GET', '/b/k?acl'))).unknown).toEqual(['acl']);
  });
});

describe('REST-JSON', () => {
  const update = operation(
    'Update',
    'POST',
    '/things/{Name}/parts',
    {
      Name: label,
      Dry: [2, { httpQuery: 'dry' }],
      Token: [0, { httpHeader: 'X-Token' }],
      Size: 1,
      Note: [0, { jsonName: 'note' }],
    },
    1,
    { Size: 1, Note: [0, { jsonName: 'note' }], Etag: [0, { httpHeader: 'ETag' }] },
  );
  const protocol = rest(restJsonDialect);
  const metadata = { apiVersion: '', endpointPrefix: '', protocols: ['rest-json'] };
  const service = { name: 'things', metadata, operations: new Map(), errors: new Map(), handlers: {} };

  test('puts the input together', async () => {
    const read = await protocol.read(
      update,
      request('POST', '/things/a%2Fb/parts?dry=true', { 'x-token': 't' }, '{"Size":3,"note":"n"}'),
    );
    expect(read).toEqual({ input: { Name: 'a/b', Dry: true, Token: 't', Size: 3, Note: 'n' }, unknown: [] });
  });

  test('takes the output apart', () => {
    const { status, headers, body } = protocol.write(service, update, { Size: 3, Note: 'n', Etag: 'e' }, 'id');
    expect({ status, headers, body: body instanceof Uint8Array && new TextDecoder().decode(body) }).toEqual({
      status: 200,
      headers: { 'content-type': 'application/json', etag: 'e', 'x-amzn-requestid': 'id' },
      body: '{"Size":3,"note":"n"}',
    });
  });

  const readBody = (body: string) => protocol.read(update, request('POST', '/things/a/parts', {}, body));

  test('an empty body has no members', async () => {
    expect((await readBody('')).input).toEqual({ Name: 'a' });
  });

  test.each(['{', '[]x', '3'])('a body of %j is refused', async (body) => {
    await expect(readBody(body)).rejects.toMatchObject({ code: 'SerializationException' });
  });
});
