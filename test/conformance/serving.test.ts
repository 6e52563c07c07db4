import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { createGzip } from 'node:zlib';
import { pack } from 'tar-stream';
import { type RunningCloud, startCloud } from '../../src/cloud/start.ts';
import { findPeer, root } from './peers.ts';

const python = findPeer('python');
const role = 'arn:aws:iam::000000000000:role/serving';
const code = `
import json
def model_fn(folder):
    return None
def input_fn(body, content_type):
    return json.loads(body)
def predict_fn(data, model):
    return {"echo": data}
def output_fn(data, accept):
    return json.dumps(data), "application/json"
`;

let folder: string;
let running: RunningCloud;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'trainyard-botocore-'));
  running = await startCloud({ folder, buckets: ['bucket'], roles: [{ arn: role, trust: ['sagemaker.amazonaws.com'] }] });
  const tar = pack();
  tar.entry({ name: 'code/inference.py' }, code);
  tar.finalize();
  const archive = join(folder, 'model.tar.gz');
  await pipeline(tar, createGzip(), createWriteStream(archive));
  await running.cloud.buckets.putFile('bucket', 'model.tar.gz', archive);
});
afterAll(async () => {
  await running.close();
  rmSync(folder, { recursive: true, force: true });
});

test('botocore serves, scales and watches a model on the local cloud', async () => {
  if (python === undefined) return;
  const script = join(root, 'test/conformance/drive_serving.py');
  const { stdout } = await promisify(execFile)(python, [script, running.url, 'bucket', role], { timeout: 60_000 });
  expect(JSON.parse(stdout)).toEqual({
    answer: { echo: { a: 1 } },
    type: 'application/json',
    variant: 'all',
    'model error': [
      'ModelError',
      expect.stringContaining('Received server error (500) from primary with message "JSONDecodeError: '),
      { OriginalStatusCode: 500, OriginalMessage: expect.stringContaining('JSONDecodeError: ') },
    ],
    missing: ['ValidationError', 'Endpoint none of account 000000000000 not found.', {}],
    taken: [
      'ValidationException',
      'Cannot create already existing endpoint "arn:aws:sagemaker:us-east-1:000000000000:endpoint/echo".',
      {},
    ],
    activity: ['Setting desired instance count to 2.', 'minimum capacity was set to 2'],
    'not registered': 'ObjectNotFoundException',
    alarm: 'ALARM',
  });
  expect(running.cloud.journal.entries.flatMap(({ illegal = [] }) => illegal)).toEqual([]);
}, 70_000);
