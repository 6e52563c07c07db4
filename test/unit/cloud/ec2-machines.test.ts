import { afterEach, expect, test } from '@jest/globals';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { profile, startEc2 } from './local-ec2.ts';

let open: Awaited<ReturnType<typeof startEc2>> | undefined;
afterEach(async () => {
  await open?.close();
  open = undefined;
});
const start = async (...args: Parameters<typeof startEc2>) => (open = await startEc2(...args));

const isAlive = (pid: number) => existsSync(`/proc/${pid}`);
const spot = { InstanceMarketOptions: { MarketType: 'spot' as const } };

test('user data is run by a real shell; a machine goes on after its end and dies with everything it started', async () => {
  const cloud = await start();
  const id = cloud.run(
    '#!/bin/sh -e\n(setsid sleep 300 >/dev/null 2>&1 & echo "left $!")\necho "base $SAGEMAKER_BASE_DIR"\nfalse\necho never',
  );
  const pid = Number(await cloud.untilWritten(id, /left (\d+)/));
  await cloud.untilWritten(id, /the user data has ended with exit code 1/);
  expect(await cloud.untilState(id, 'running')).toMatchObject({ InstanceType: 'm5.xlarge', StateTransitionReason: '' });
  expect(cloud.console(id)).toContain(`base ${join(cloud.folder, 'instances', id, 'opt/ml')}`);
  expect(cloud.console(id)).not.toContain('never');
  expect(isAlive(pid)).toBe(true);

  const change = cloud.handlers.TerminateInstances({ InstanceIds: [id] }).TerminatingInstances?.[0];
  expect(change).toMatchObject({ PreviousState: { Name: 'running' }, CurrentState: { Code: 32, Name: 'shutting-down' } });
  const ended = await cloud.untilState(id, 'terminated');
  expect(ended.StateReason).toEqual({
    Code: 'Client.UserInitiatedShutdown',
    Message: 'Client.UserInitiatedShutdown: User initiated shutdown',
  });
  expect(ended.StateTransitionReason).toMatch(/^User initiated \(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d GMT\)$/);
  expect(isAlive(pid)).toBe(false);
  expect(readdirSync(join(cloud.folder, 'instances'))).toEqual([]);
  const again = cloud.handlers.TerminateInstances({ InstanceIds: [id] }).TerminatingInstances?.[0];
  expect(again).toMatchObject({ PreviousState: { Name: 'terminated' }, CurrentState: { Name: 'terminated' } });
});

test('a machine that is terminated gets SIGTERM, and what does not heed it is killed after the grace', async () => {
  const cloud = await start();
  const id = cloud.run('#!/bin/sh\ntrap \'echo "told to end"\' TERM\necho ready\nwhile :; do sleep 0.1; done');
  await cloud.untilWritten(id, /ready/);
  const before = Date.now();
  cloud.handlers.TerminateInstances({ InstanceIds: [id] });
  await cloud.untilState(id, 'terminated');
  expect(cloud.console(id)).toContain('told to end');
  expect(Date.now() - before).toBeGreaterThan(900);
});

test.each([
  ['terminate', 'terminated'],
  ['stop', 'stopped'],
] as const)('the switch it set at its start ends a machine: behaviour %s, %s', async (behaviour, state) => {
  const cloud = await start();
  const id = cloud.run('#!/bin/sh\nshutdown -P +1\nsleep 300', { InstanceInitiatedShutdownBehavior: behaviour });
  await cloud.untilWritten(id, /Shutdown scheduled for/);
  expect((await cloud.untilState(id, state)).StateReason?.Code).toBe('Client.InstanceInitiatedShutdown');
  if (state === 'stopped') {
    expect(cloud.handlers.DescribeVolumes({}).Volumes?.[0]?.State).toBe('in-use');
    cloud.handlers.TerminateInstances({ InstanceIds: [id] });
    expect(cloud.find(id)?.State?.Name).toBe('terminated');
  }
  expect(cloud.handlers.DescribeVolumes({}).Volumes).toEqual([]);
});

test('a planned shutdown can be replaced and taken back; nothing reaches the machine below', async () => {
  const cloud = await start();
  const id = cloud.run(
    '#!/bin/sh\nshutdown -P +1\nshutdown -P +60\nshutdown -c\nshutdown -x now || echo "refused $?"\nreboot || echo "no reboot $?"\nsleep 1.5\necho "still here"\npoweroff',
  );
  await cloud.untilWritten(id, /still here/);
  await cloud.untilState(id, 'terminated');
  expect(cloud.console(id)).toMatch(/do not know -x\s+refused 1[^]*have no reboot\s+no reboot 1/);
});

test('no core, no machine: it waits as pending and is launched when it is really there', async () => {
  const cloud = await start({ cores: 1 });
  const first = cloud.run('#!/bin/sh\nsleep 0.6; shutdown now');
  const second = cloud.run('#!/bin/sh\necho started');
  const third = cloud.run(undefined);
  const asked = cloud.find(second)?.LaunchTime?.getTime() ?? 0;
  await cloud.untilState(first, 'running');
  expect(cloud.find(second)).toMatchObject({ State: { Name: 'pending' }, StateReason: { Code: 'pending' } });
  expect(cloud.console(second)).toContain("waiting for one of this machine's 1 cores");
  cloud.handlers.TerminateInstances({ InstanceIds: [third] });
  await cloud.untilState(third, 'terminated');
  await cloud.untilWritten(second, /started/);
  expect(cloud.find(second)?.LaunchTime?.getTime()).toBeGreaterThan(asked + 300);
});

test('a spot instance sees its notice, and EC2 takes it when the notice is over', async () => {
  const cloud = await start({ spotInterruptions: [0.3] });
  const ask = 'curl -s -o /dev/stdout -w " %{http_code}\\n" -H "x-aws-ec2-metadata-token: $t" $AWS_EC2_METADATA_SERVICE_ENDPOINT';
  const id = cloud.run(
    `#!/bin/sh
t=$(curl -s -X PUT -H 'x-aws-ec2-metadata-token-ttl-seconds: 60' $AWS_EC2_METADATA_SERVICE_ENDPOINT/latest/api/token)
until ${ask}/latest/meta-data/spot/instance-action | grep -v 404; do sleep 0.05; done
sleep 60`,
    { ...spot, TagSpecifications: [{ ResourceType: 'spot-instances-request', Tags: [{ Key: 'job', Value: 'j' }] }] },
  );
  const request = cloud.find(id)?.SpotInstanceRequestId ?? '';
  expect(cloud.handlers.DescribeSpotInstanceRequests({}).SpotInstanceRequests?.[0]).toMatchObject({
    State: 'active',
    InstanceId: id,
    Tags: [{ Key: 'job', Value: 'j' }],
  });
  expect(await cloud.untilWritten(id, /\{"action".*/)).toMatch(/^\{"action":"terminate","time":"\d{4}-.*Z"\} 200/);
  const ended = await cloud.untilState(id, 'terminated');
  expect(ended).toMatchObject({ InstanceLifecycle: 'spot', StateReason: { Code: 'Server.SpotInstanceTermination' } });
  expect(ended.StateTransitionReason).toMatch(/^Service initiated \(/);
  const [closed] = cloud.handlers.DescribeSpotInstanceRequests({ SpotInstanceRequestIds: [request] }).SpotInstanceRequests ?? [];
  expect(closed).toMatchObject({ State: 'closed', Status: { Code: 'instance-terminated-no-capacity' } });
});

test('only a running spot instance that has had no notice can be interrupted on request', async () => {
  const cloud = await start();
  const steady = cloud.run('#!/bin/sh\necho up');
  const wavering = cloud.run('#!/bin/sh\necho up', spot);
  await cloud.untilWritten(steady, /up/);
  await cloud.untilWritten(wavering, /up/);
  expect([steady, 'i-00000000000000000', wavering, wavering].map(cloud.interrupt)).toEqual([false, false, true, false]);
  await cloud.untilState(wavering, 'terminated');
  expect(cloud.find(steady)?.State?.Name).toBe('running');
});

test('busy for real: CPU is per cent of all declared vCPUs', async () => {
  const cloud = await start();
  const id = cloud.run('#!/bin/sh\nwhile :; do :; done', { InstanceType: 'm5.large', Monitoring: { Enabled: true } });
  await cloud.untilState(id, 'running');
  await new Promise((resolve) => setTimeout(resolve, 2_200));
  const points = cloud.metrics.points('AWS/EC2', { InstanceId: id }, 'CPUUtilization').map(({ sum }) => sum);
  expect(points.length).toBeGreaterThanOrEqual(2);
  // One loop on two vCPUs: at most the half, and something even on a busy machine.
  expect(Math.max(...points)).toBeGreaterThan(5);
  expect(Math.max(...points)).toBeLessThanOrEqual(60);
});

test('a file cannot grow beyond the limit: the error of a full disk, not the end of the script', async () => {
  const cloud = await start({ largestFileMb: 1 });
  const id = cloud.run('#!/bin/sh\ndd if=/dev/zero of=big bs=1M count=3 2>&1 || echo "full $?"\nwc -c < big');
  expect(await cloud.untilWritten(id, /full 1\s+(\d+)/)).toBe('1048576');
});

test.each([
  ['#cloud-config\nruncmd: []', /no script \(its first line has no #!\)/, 'running'],
  ['#!/bin/sh\n/sbin/shutdown -P now', /would end the machine that the local cloud runs on/, 'terminated'],
  ['#!/no/such/shell\n', /cannot start \/no\/such\/shell: No such file/, 'running'],
] as const)('user data %j is not pretended to run', async (text, why, state) => {
  const cloud = await start();
  const id = cloud.run(text);
  await cloud.untilState(id, state);
  expect(await cloud.untilWritten(id, why)).toMatch(why);
});

test('an instance that is accepted and not launched says why, and the next one is', async () => {
  const cloud = await start({ launchFailures: ['Client.InternalError: Client error on launch', null] });
  const [failed, launched] = [cloud.run('#!/bin/sh\necho ran'), cloud.run('#!/bin/sh\necho ran')];
  const { StateReason } = await cloud.untilState(failed, 'terminated');
  expect(StateReason).toEqual({ Code: 'Client.InternalError', Message: 'Client.InternalError: Client error on launch' });
  await cloud.untilWritten(launched, /ran/);
  expect(cloud.console(failed)).toBe('');
  expect(cloud.handlers.DescribeVolumes({}).Volumes).toMatchObject([{ Attachments: [{ InstanceId: launched }] }]);
});

test('the end of the cloud is the end of its machines, also of those that shut down', async () => {
  const cloud = await start({ shutdownSeconds: 60 });
  const stubborn = '#!/bin/sh\ntrap \'\' TERM\necho "pid $$"\nwhile :; do sleep 0.2; done';
  const [ending, running] = [cloud.run(stubborn), cloud.run(stubborn, { IamInstanceProfile: { Name: profile } })];
  const pids = [await cloud.untilWritten(ending, /pid (\d+)/), await cloud.untilWritten(running, /pid (\d+)/)].map(Number);
  cloud.handlers.TerminateInstances({ InstanceIds: [ending] });
  const before = Date.now();
  await cloud.close();
  open = undefined;
  expect(Date.now() - before).toBeLessThan(10_000);
  expect(pids.map(isAlive)).toEqual([false, false]);
});
