import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { FunctionCode } from '@aws-sdk/client-lambda';
import { unzipSync } from 'fflate';
import { AwsError, type Buckets } from '../../contract.ts';
import type { Code } from './functions.ts';
import { refuseValue } from './refusals.ts';

/** Of an archive in the request, of any archive when unpacked. */
const mostZipBytes = 50 * 1024 * 1024;
const mostUnzippedBytes = 262_144_000;

type CodeRequest = Pick<FunctionCode, 'ZipFile' | 'S3Bucket' | 'S3Key' | 'S3ObjectVersion' | 'ImageUri'>;

/** The archive of a request, from its body or from S3. @throws InvalidParameterValueException */
export async function readArchive(request: CodeRequest | undefined, buckets: Buckets): Promise<Uint8Array> {
  if (request?.ImageUri !== undefined)
    throw refuseValue('Container images are not executed by the local cloud; give a ZIP file.');
  if (request?.ZipFile !== undefined) return checkSize(request.ZipFile);
  const { S3Bucket: bucket, S3Key: key } = request ?? {};
  if (bucket === undefined || key === undefined) throw refuseValue('Please provide a source for function code.');
  if (!buckets.exists(bucket))
    throw refuseValue(
      'Error occurred while GetObject. S3 Error Code: NoSuchBucket. S3 Error Message: The specified bucket does not exist',
    );
  const file = buckets.fileOf(bucket, key);
  if (file === undefined)
    throw refuseValue(
      'Error occurred while GetObject. S3 Error Code: NoSuchKey. S3 Error Message: The specified key does not exist.',
    );
  return checkSize(await readFile(file));
}

function checkSize(zip: Uint8Array): Uint8Array {
  if (zip.byteLength > mostZipBytes) throw refuseValue(`Zipped size must be smaller than ${mostZipBytes} bytes`);
  return zip;
}

const hashArchive = (zip: Uint8Array): string => createHash('sha256').update(zip).digest('base64');

/** Unpacks an archive into a folder named by its hash, once. @throws InvalidParameterValueException for what is no archive */
export async function unpack(zip: Uint8Array, folder: string): Promise<Code> {
  const sha256 = hashArchive(zip);
  const target = join(folder, Buffer.from(sha256, 'base64').toString('hex'));
  const code: Code = { folder: target, bytes: zip.byteLength, sha256 };
  const files = readZip(zip);
  if (existsSync(target)) return code;
  const half = `${target}-${randomUUID()}`;
  for (const [name, bytes] of Object.entries(files)) {
    const path = join(half, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, bytes);
  }
  // In one step: a worker that starts now finds all of it or nothing. Somebody else may have been quicker with the same bytes.
  await rename(half, target).catch(async (error: unknown) => {
    await rm(half, { recursive: true, force: true });
    if (!existsSync(target)) throw error;
  });
  return code;
}

function readZip(zip: Uint8Array): Record<string, Uint8Array> {
  let total = 0;
  let bad: string | undefined;
  const filter = ({ name, originalSize }: { name: string; originalSize: number }) => {
    if (name.split(/[/\\]/).includes('..') || /^[/\\]/.test(name)) bad ??= name;
    total += originalSize;
    // Before any of it is unpacked, and no entry unpacks to more than it says.
    if (total > mostUnzippedBytes) throw refuseValue(`Unzipped size must be smaller than ${mostUnzippedBytes} bytes`);
    return bad === undefined && !name.endsWith('/');
  };
  const files = unzip(zip, filter);
  if (bad !== undefined) throw refuseValue(`Could not unzip uploaded file. ${bad} lies outside the archive.`);
  if (Object.keys(files).length === 0) throw refuseValue('Uploaded file must be a non-empty zip');
  return files;
}

function unzip(zip: Uint8Array, filter: (file: { name: string; originalSize: number }) => boolean): Record<string, Uint8Array> {
  try {
    return unzipSync(zip, { filter });
  } catch (error) {
    if (error instanceof AwsError) throw error;
    throw refuseValue('Could not unzip uploaded file. Please check your file, then try to upload again.');
  }
}
