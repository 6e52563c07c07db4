import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createRoleCredentials } from '../../../src/cloud/services/ec2/role-credentials.ts';
import { profile, startEc2 } from './local-ec2.ts';

let cloud: Awaited<ReturnType<typeof startEc2>>;
beforeAll(async () => {
  cloud = await startEc2({ cores: 9 });
});
afterAll(() => cloud.close());

/** Starts a machine and finds its metadata service. */
async function open(more: Parameters<typeof cloud.run>[1]) {
  const id = cloud.run('#!/bin/sh\necho "at $AWS_EC2_METADATA_SERVICE_ENDPOINT"\nenv | grep -c AWS_EC2_METADATA_DISABLED', more);
  const url = await cloud.untilWritten(id, /at (http\S+)/);
  const ask = async (path: string, init: RequestInit = {}) => {
    const answer = await fetch(`${url}${path}`, init);
    return { status: answer.status, text: await answer.text() };
  };
  const ttl = 'x-aws-ec2-metadata-token-ttl-seconds';
  const put = (seconds: string, headers = {}) =>
    ask('/latest/api/token', { method: 'PUT', headers: { [ttl]: seconds, ...headers } });
  const { text: token } = await put('60');
  const read = (path: string, using = token) => ask(path, { headers: { 'x-aws-ec2-metadata-token': using } });
  return { id, url, ask, put, read };
}

test('version 2: a token first, for at most six hours, and not through a proxy', async () => {
  const { id, ask, put, read } = await open({ MetadataOptions: { HttpTokens: 'required' } });
  expect((await ask('/latest/meta-data/instance-id')).status).toBe(401);
  expect((await read('/latest/meta-data/instance-id', 'guessed')).status).toBe(401);
  expect(await read('/latest/meta-data/instance-id')).toEqual({ status: 200, text: id });
  expect((await put('21601')).status).toBe(400);
  expect((await put('60', { 'x-forwarded-for': '10.0.0.1' })).status).toBe(403);
  const { text: brief } = await put('1');
  expect((await read('/latest/meta-data/instance-id', brief)).status).toBe(200);
  await new Promise((resolve) => setTimeout(resolve, 1_050));
  expect((await read('/latest/meta-data/instance-id', brief)).status).toBe(401);
});

test('what a machine can read of itself', async () => {
  const { id, read, url } = await open({
    IamInstanceProfile: { Name: profile },
    TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'a', Value: 'b' }] }],
    MetadataOptions: { InstanceMetadataTags: 'enabled' },
  });
  expect((await read('/latest/meta-data/placement/')).text).toBe('availability-zone\nregion');
  expect((await read('/latest/meta-data/tags/instance/a')).text).toBe('b');
  expect((await read('/latest/meta-data/instance-life-cycle')).text).toBe('on-demand');
  expect((await read('/latest/meta-data/spot/instance-action')).status).toBe(404);
  const document: unknown = JSON.parse((await read('/latest/dynamic/instance-identity/document')).text);
  expect(document).toMatchObject({
    instanceId: id,
    region: 'us-east-1',
    instanceType: 'm5.xlarge',
    privateIp: new URL(url).hostname,
  });
  expect((await read('/latest/user-data')).text).toMatch(/^#!\/bin\/sh\necho "at /);
  const { text: role } = await read('/latest/meta-data/iam/security-credentials/');
  const keys: unknown = JSON.parse((await read(`/latest/meta-data/iam/security-credentials/${role}`)).text);
  expect(keys).toMatchObject({ Code: 'Success', Type: 'AWS-HMAC', AccessKeyId: `key of ${role} for ${id}`, Token: 'token' });
  // What switches metadata off for the machines of other services is not in a machine of EC2.
  expect(await cloud.untilWritten(id, /^(\d+)\r$/m)).toBe('0');
});

test('no profile, no credentials; a role that EC2 may not assume gives a reason instead', async () => {
  const bare = await open({});
  expect((await bare.read('/latest/meta-data/iam/security-credentials/')).status).toBe(404);
  cloud.handlers.TerminateInstances({ InstanceIds: [bare.id] });
  const strange = await open({ IamInstanceProfile: { Name: 'stranger' } });
  const { text } = await strange.read('/latest/meta-data/iam/security-credentials/stranger');
  expect(JSON.parse(text)).toMatchObject({
    Code: 'AssumeRoleUnauthorizedAccess',
    Message: expect.stringMatching(/^EC2 cannot assume the role stranger\./),
  });
  cloud.handlers.TerminateInstances({ InstanceIds: [strange.id] });
});

test('credentials are renewed five minutes before their end, and brief ones at half of their time', () => {
  let nowMs = Date.parse('2026-11-22T08:00:00Z');
  const clock = { now: () => new Date(nowMs), sleep: () => Promise.resolve() };
  const roles = { add: () => {}, assumableBy: () => 'yes' as const };
  const keysOver = (seconds: number, steps: readonly number[]) => {
    let minted = 0;
    const mint = () => ({
      AccessKeyId: `key ${++minted}`,
      SecretAccessKey: 's',
      SessionToken: 't',
      Expiration: new Date(nowMs + seconds * 1000),
    });
    const box = { name: 'box', arn: 'arn', id: 'AIPA', roleArn: 'arn:aws:iam::000000000000:role/box' };
    const credentials = createRoleCredentials(box, 'i-1', { clock, roles, mint });
    return steps.map((step) => {
      nowMs += step * 1000;
      return JSON.stringify(credentials.read()).match(/key \d/)?.[0];
    });
  };
  expect(keysOver(3600, [0, 3299, 1, 0])).toEqual(['key 1', 'key 1', 'key 2', 'key 2']);
  expect(keysOver(20, [0, 9, 1, 9])).toEqual(['key 1', 'key 1', 'key 2', 'key 2']);
});
