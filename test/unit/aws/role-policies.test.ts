import { AttachRolePolicyCommand, IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClients } from '../../../src/aws/clients.ts';
import { createRolePolicies } from '../../../src/aws/role-policies.ts';
import { createGate } from '../../../src/cloud/gate.ts';
import { type RunningCloud, startCloud } from '../../../src/cloud/start.ts';
import { systemClock } from '../../../src/time/clock.ts';

const role = 'arn:aws:iam::000000000000:role/octo-serving';
const environment = { ...process.env };
let folder: string;
let cloud: RunningCloud;
const gate = createGate(systemClock);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'trainyard-roles-'));
  cloud = await startCloud({ folder, gate, roles: [{ arn: role, trust: ['sagemaker.amazonaws.com'] }] });
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: cloud.url,
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
  });
});
afterAll(async () => {
  process.env = environment;
  await cloud.close();
  rmSync(folder, { recursive: true, force: true });
});

const clients = () => createClients({ region: 'us-east-1', sessionName: 'test', clock: systemClock });

test('managed policies over all pages and inline ones as documents', async () => {
  const iam = clients().of(IAMClient);
  const attached = Array.from({ length: 120 }, (_, index) => `arn:aws:iam::aws:policy/p${index}`);
  const [RoleName, document] = ['octo-serving', { Statement: [{ Effect: 'Allow', Action: 's3:*', Resource: '*' }] }];
  for (const PolicyArn of attached) await iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn }));
  await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'a+b', PolicyDocument: JSON.stringify(document) }));
  expect(await createRolePolicies(clients()).read(role)).toEqual({
    kind: 'read',
    attached,
    inline: [{ name: 'a+b', document }],
  });
});

test('a role that cannot be looked at is no error', async () => {
  const policies = createRolePolicies(clients());
  expect(await policies.read('arn:aws:iam::000000000000:role/lost')).toEqual({
    kind: 'unreadable',
    why: expect.stringContaining('lost'),
  });
  gate.addFault({
    id: 'denied',
    service: 'iam',
    operation: 'ListAttachedRolePolicies',
    when: 'before',
    effect: {
      kind: 'error',
      code: 'AccessDenied',
      message:
        'User: arn:aws:sts::1:assumed-role/ci/x is not authorized to perform: iam:ListAttachedRolePolicies on resource: role octo-serving',
      status: 403,
    },
  });
  expect(await policies.read(role)).toEqual({
    kind: 'unreadable',
    why: 'arn:aws:sts::1:assumed-role/ci/x may not do iam:ListAttachedRolePolicies on the role octo-serving (role).',
  });
});
