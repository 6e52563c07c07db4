import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createMachines } from '../../src/aws/ec2-machines.ts';
import { type BoxJob, boxStatus } from '../../src/training/ec2/box.ts';
import { buildUserData } from '../../src/training/ec2/user-data.ts';
import { makeTar } from '../support/archives.ts';
import { bucket, repository } from '../support/facts.ts';
import { type Account, stack, startAccount } from '../support/shipped-roles.ts';
import { listReduced } from '../support/stack.ts';
import { until } from '../support/until.ts';

const shipped = 'Ec2RolePullRequest';
const policies = stack.roles.get(shipped)?.policies ?? {};
const reduced = listReduced(policies).map(({ without, policies: left }, index) => {
  return { without, policies: left, name: `box-${index}`, of: shipped };
});
/** CI that may pass any role. */
const starter = { name: 'starter', of: 'PullRequestRole', policies: {} };

const root = join(import.meta.dirname, '../..');
const agent = readFileSync(join(root, 'training/box/agent.py'), 'utf8');
const code = 'trainyard/pr/7/code/abc/';
const previous = 'trainyard/main/jobs/digits-one-0123456789-a1/output/';
const script = `import os
files = os.listdir(os.environ["SM_CHANNEL_TRAINING"]) + os.listdir(os.environ["SM_CHANNEL_PREVIOUS"])
for folder in ("SM_MODEL_DIR", "SM_CHECKPOINT_DIR"):
    with open(os.path.join(os.environ[folder], "weights.txt"), "w") as file:
        file.write(" ".join(files))
`;

let account: Account;

beforeAll(async () => {
  account = await startAccount([starter, ...reduced]);
  await account.put(`${code}launcher.py`, readFileSync(join(root, 'training/launcher/launcher.py')));
  await account.put(`${code}code.tar.gz`, await makeTar([{ path: 'train.py', data: script }]));
  await account.put('data/digits/digits.csv', '1,2\n');
  await account.put(`${previous}model.tar.gz`, 'main');
});
afterAll(() => account.close());

/** An upload of several parts that breaks off: what S3 has of it by then would be billed until somebody removes it. */
const abort = `import sys
sys.path.insert(0, ${JSON.stringify(join(root, 'training/box'))})
import agent
agent.PART_BYTES = 5 << 20
with agent.Upload(agent.S3(agent.Metadata(), "us-east-1"), ${JSON.stringify(bucket)}, "trainyard/pr/7/broken/model.tar.gz") as out:
    out.write(bytes(6 << 20))
    raise KeyboardInterrupt
`;

/** Code of the pull request, data of the bucket, a model of main to begin with; checkpoints and a model of its own. */
function jobOf(role: string): BoxJob {
  const name = `digits-${role}-0123456789-a1`;
  return {
    schema: 1,
    name,
    region: 'us-east-1',
    bucket,
    prefix: `trainyard/pr/7/jobs/${name}/`,
    channels: {
      code: { bucket, prefix: code },
      training: { bucket, prefix: 'data/digits/' },
      previous: { bucket, prefix: previous },
    },
    entryPoint: 'train.py',
    hyperparameters: {},
    environment: {},
    checkpoints: `trainyard/pr/7/checkpoints/digits-${role}-0123456789/`,
    instanceType: 't3.small',
    maxRuntimeSeconds: 60,
    stopGraceSeconds: 5,
  };
}

/** A machine that breaks an upload off and then trains. @returns how its job ended */
async function train(role: string, { by, profile }: { by: string; profile: string }) {
  const machines = createMachines(account.assume(by));
  const image = await machines.findImage(['/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64']);
  const job = jobOf(role);
  const tags = { 'trainyard:repo': `${repository.owner}/${repository.name}`, 'trainyard:job': job.name };
  const [shebang, ...rest] = buildUserData(job, agent).split('\n');
  await machines.start({
    clientToken: role,
    imageId: image?.id ?? '',
    instanceType: job.instanceType,
    securityGroups: [],
    instanceProfile: profile,
    userData: [shebang, `python3 -B -c '${abort}'`, ...rest].join('\n'),
    rootDevice: image?.rootDevice ?? '',
    volumeGb: 8,
    spot: false,
    tags,
  });
  await until(`the end of ${role}`, async () => (await machines.find(tags)).find(({ state }) => state === 'terminated'), 150);
  const { buckets } = account.cloud;
  const path = buckets.fileOf(bucket, `${job.prefix}box/status.json`);
  const status = path === undefined ? undefined : boxStatus.parse(JSON.parse(readFileSync(path, 'utf8')));
  return { state: status?.state, model: status?.model, checkpoints: buckets.list(bucket, job.checkpoints).length };
}

test('a pull request trains on an instance with the roles that infra/bootstrap.yml makes', async () => {
  const ended = await train(shipped, { by: 'PullRequestRole', profile: 'Ec2ProfilePullRequest' });
  expect(account.findRefused(shipped)).toBeUndefined();
  expect(ended).toEqual({ state: 'completed', model: true, checkpoints: 1 });
  const calls = account.cloud.journal.entries.filter(({ principal }) => principal.includes(`/${shipped}/`));
  expect(calls.map(({ operation }) => operation)).toEqual(expect.arrayContaining(['AbortMultipartUpload']));
});

test.concurrent.each(reduced)('without $without, the instance is refused something that it needs', async ({ name, without }) => {
  const { state } = await train(name, { by: starter.name, profile: name });
  const leavesParts = without.endsWith('s3:AbortMultipartUpload');
  const action = leavesParts ? 's3:AbortMultipartUpload' : actions[without.split(' ')[1] ?? ''];
  expect(account.findRefused(name)).toBe(action);
  if (!leavesParts) expect(state).not.toBe('completed');
});

/** What is missed first without a statement, or without a part of it. */
const actions: Readonly<Record<string, string>> = { List: 's3:ListBucket', Read: 's3:GetObject', Write: 's3:PutObject' };
