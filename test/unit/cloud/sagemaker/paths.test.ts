import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { createAddresses } from '../../../../src/cloud/services/sagemaker/addresses.ts';
import { downloadChannels, findPlace } from '../../../../src/cloud/services/sagemaker/download-channels.ts';
import { moveOptMl } from '../../../../src/cloud/services/sagemaker/host-folder.ts';
import { joinKey, parseS3Uri } from '../../../../src/cloud/services/sagemaker/s3-uri.ts';

test.each([
  ['/opt/ml/model', '/h/model'],
  ['/opt/ml', '/h'],
  ['--dir=/opt/ml/model', '--dir=/h/model'],
  ['cat "/opt/ml/a" /opt/ml/b', 'cat "/h/a" /h/b'],
  ['/opt/mlflow/x', '/opt/mlflow/x'],
  ['/srv/opt/ml/x', '/srv/opt/ml/x'],
  ['s3://bucket/opt/ml/x', 's3://bucket/opt/ml/x'],
])('%s on a host', (text, expected) => expect(moveOptMl(text, '/h')).toBe(expected));

test.each([
  ['data/a.csv', 'data', 'a.csv'],
  ['data/a.csv', 'data/', 'a.csv'],
  ['data/deep/a.csv', 'data', 'deep/a.csv'],
  ['data/a.csv', 'data/a.csv', 'a.csv'],
  ['data-2/a.csv', 'data', 'data-2/a.csv'],
  ['x/data-2/a.csv', 'x/data', 'data-2/a.csv'],
  ['a.csv', '', 'a.csv'],
])('%s of the prefix %j lies at %s', (key, prefix, place) => expect(findPlace(key, prefix)).toBe(place));

describe('S3 URIs', () => {
  test.each([
    ['s3://b/k/l', { bucket: 'b', key: 'k/l' }],
    ['s3://b', { bucket: 'b', key: '' }],
    ['s3://b/', { bucket: 'b', key: '' }],
  ])('%s', (uri, parsed) => expect(parseS3Uri(uri)).toEqual(parsed));
  test('anything else is an error', () => expect(() => parseS3Uri('https://b/k')).toThrow('https://b/k is not an S3 URI.'));
  test('joining', () => expect([joinKey('a/', 'b', 'c'), joinKey('', 'b')]).toEqual(['a/b/c', 'b']));
});

test('every job has addresses of its own, in an order that text and numbers share', () => {
  const give = createAddresses(300);
  const [first, second] = [give(12), give(12)];
  expect(new Set([...first, ...second]).size).toBe(24);
  expect(first.toSorted()).toEqual(first);
  expect(first[0]).toBe('127.47.1.101');
});

const outside = expect.stringMatching(/^ClientError: Data download failed:the key .* does not name a file inside the channel\.$/);

test.each([
  ['data/../../../escape', outside, []],
  ['data/..', outside, []],
  ['data//etc/passwd', 'downloaded', ['etc/passwd']],
])('the key %s cannot leave its channel', async (key, outcome, files) => {
  const folder = await mkdtemp(join(tmpdir(), 'trainyard-channel-'));
  try {
    await mkdir(join(folder, 'host'));
    await writeFile(join(folder, 'object'), 'x');
    const buckets = { exists: () => true, list: () => [{ key, bytes: 1 }], fileOf: () => join(folder, 'object') };
    const source = { S3DataSource: { S3DataType: 'S3Prefix' as const, S3Uri: 's3://b/data/' } };
    const request = { RoleArn: 'role', InputDataConfig: [{ ChannelName: 'c', DataSource: source }] };
    const host = { label: 'algo-1', address: '', root: folder, optMl: join(folder, 'host') };
    const all = { ...buckets, create: () => {}, putFile: () => Promise.resolve() };
    const ended = downloadChannels(all, request, [host], 'us-east-1').then(
      () => 'downloaded',
      (error: Error) => error.message,
    );
    expect(await ended).toEqual(outcome);
    const written = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
    const paths = written.map((entry) => relative(join(folder, 'host/input/data/c'), join(entry.parentPath, entry.name)));
    expect(paths.filter((path) => path !== '../../../../object')).toEqual(files);
  } finally {
    await rm(folder, { recursive: true });
  }
});
