import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { bucket, pullNumber } from '../support/facts.ts';
import { createProject, type Job, type JobOptions, type Project, startJob } from '../support/job.ts';
import { type LocalCloud, startLocalCloud } from '../support/local-cloud.ts';
import { processesUsing } from '../support/processes.ts';
import { annotations, stable, stableLog } from '../support/stable.ts';
import { until } from '../support/until.ts';

const writes = new Set(['PutObject', 'CreateMultipartUpload', 'CreateTrainingJob', 'AddTags', 'DeleteObject']);

describe.each(['calm', 'aws-like'] as const)('train-model in %s weather', (weather) => {
  let cloud: LocalCloud;
  let run = 9000;
  const opened: { remove(): void }[] = [];

  beforeAll(async () => {
    cloud = await startLocalCloud({ weather });
    // Roles are seeded, yet in this weather they too need their time to be seen everywhere.
    if (weather === 'aws-like') await new Promise((resolve) => setTimeout(resolve, 2_500));
  }, 30_000);
  afterAll(async () => {
    await cloud.close();
    expect(processesUsing(cloud.folder)).toEqual([]);
  }, 30_000);
  afterEach(async () => {
    await cloud.clearFaults();
    for (const thing of opened.splice(0)) thing.remove();
  });

  const project = (changes: Parameters<typeof createProject>[0] = {}): Project => {
    const made = createProject(changes);
    opened.push(made);
    return made;
  };
  const job = (options: Omit<JobOptions, 'cloud'>): Job => {
    run += 1;
    const made = startJob({ cloud, runId: String(run), ...options });
    opened.push(made);
    return made;
  };
  /** A script nobody else's fingerprint equals. */
  const own = (name: string) => (text: string) =>
    text.replace('hyperparameters: {', `hyperparameters: { say: '${name} ${weather}', `);
  const since = async () => (await cloud.journal()).at(-1)?.number ?? 0;
  const recordOf = async (runId = String(run)) => (await cloud.records()).filter((record) => record.workflow.runId === runId);

  test('trains, records and reports in one comment', async () => {
    const before = await since();
    const step = job({ project: project({ spec: own('success') }) });
    const main = await step.train().done;
    expect(stableLog(main.log)).toMatchSnapshot('log');
    expect(main.exitCode).toBe(0);
    const post = await step.afterTrain(main).done;
    expect([post.exitCode, post.log]).toEqual([0, '']);
    const report = await step.report().done;
    expect(report.exitCode).toBe(0);

    const [record] = await recordOf();
    expect(record).toMatchObject({ rehearsal: true, state: { status: 'completed' }, machine: { vcpus: 4, physicalCores: 2 } });
    expect(record?.costUsd).toBeCloseTo(((record?.billedSeconds ?? 0) * 0.23) / 3600, 12);
    const comments = (await cloud.comments()).filter(({ body }) => body.includes('trainyard-report'));
    expect(comments).toHaveLength(1);
    expect(stable(comments[0]?.body ?? '')).toMatchSnapshot('comment');
    expect(main.outputs['model']).toMatch(new RegExp(`^s3://${bucket}/trainyard/pr/${pullNumber}/jobs/.*model\\.tar\\.gz$`));
    const requests = await cloud.journal(before);
    expect(requests.filter(({ illegal }) => illegal?.length)).toEqual([]);
  }, 60_000);

  test('a second run of the same code, data and configuration costs nothing', async () => {
    const spec = own('reuse');
    const first = await job({ project: project({ spec }) }).train().done;
    expect(first.exitCode).toBe(0);
    const before = await since();
    const second = await job({ project: project({ spec }) }).train().done;
    expect(second.exitCode).toBe(0);
    expect(second.outputs['cost-usd']).toBe('0');
    expect(second.outputs['model']).toBe(first.outputs['model']);
    expect((await recordOf())[0]).toMatchObject({ state: { status: 'reused' }, costUsd: 0 });
    expect((await cloud.journal(before)).map(({ operation }) => operation)).not.toContain('CreateTrainingJob');
  }, 60_000);

  test('a script that exits with 3 fails the step, with its last lines and a fix in one annotation', async () => {
    const step = job({
      project: project({ spec: (text) => own('exit')(text).replace('seconds: 0.3', 'seconds: 0.1, exit-code: 3') }),
    });
    const main = await step.train().done;
    expect(main.exitCode).toBe(1);
    const errors = annotations(main.log).filter(({ level }) => level === 'error');
    expect(errors).toHaveLength(1);
    expect(stable(errors[0]?.message ?? '')).toMatchSnapshot('annotation');
    const report = await step.report().done;
    expect(report.exitCode).toBe(0);
    expect((await recordOf())[0]).toMatchObject({ state: { status: 'failed' } });
    expect((await cloud.comments())[0]?.body).toContain('❌');
  }, 60_000);

  test('a re-run attaches to the job of the attempt that was killed', async () => {
    const before = await since();
    const shared = project({ spec: (text) => own('attach')(text).replace('seconds: 0.3', 'seconds: 6') });
    const killed = job({ project: shared }).train();
    await until('the job to be created', async () =>
      (await cloud.journal(before)).find(({ operation, status }) => operation === 'CreateTrainingJob' && status === 200),
    );
    killed.process.kill('SIGKILL');
    await killed.done;
    const again = startJob({ cloud, runId: String(run), attempt: 2, project: shared });
    opened.push(again);
    const main = await again.train().done;
    expect(main.exitCode).toBe(0);
    expect(main.log).toMatch(/attach/i);
    expect((await cloud.journal(before)).filter(({ operation }) => operation === 'CreateTrainingJob')).toHaveLength(1);
    expect((await recordOf())[0]).toMatchObject({ state: { status: 'completed' } });
  }, 60_000);

  test('an answer that got lost does not train twice', async () => {
    await cloud.addFault({
      id: 'lost',
      service: 'sagemaker',
      operation: 'CreateTrainingJob',
      nth: 1,
      when: 'after',
      effect: { kind: 'reset' },
    });
    const before = await since();
    const main = await job({ project: project({ spec: own('lost') }) }).train().done;
    expect(main.exitCode).toBe(0);
    const created = (await cloud.journal(before)).filter(({ operation }) => operation === 'CreateTrainingJob');
    expect(created.length).toBeGreaterThan(1);
    expect((await recordOf())[0]).toMatchObject({ state: { status: 'completed' } });
    expect(await recordOf()).toHaveLength(1);
  }, 60_000);

  test('wait: false leaves the job running and a later run finishes its record', async () => {
    const spec = (text: string) => own('later')(text).replace('seconds: 0.3', 'seconds: 2');
    const step = job({ project: project({ spec }) });
    const main = await step.train({ wait: 'false' }).done;
    expect(main.exitCode).toBe(0);
    const post = await step.afterTrain(main, { wait: 'false' }).done;
    expect(post.exitCode).toBe(0);
    const first = String(run);
    expect((await recordOf(first))[0]).toMatchObject({ state: { status: 'submitted' } });
    const name = (await recordOf(first))[0]?.name;
    await until('the job to end', async () =>
      (await cloud.trainingJobs()).find((one) => one.TrainingJobName === name && one.TrainingJobStatus === 'Completed'),
    );
    const later = await job({ project: project({ spec }) }).train().done;
    expect(later.exitCode).toBe(0);
    expect((await recordOf(first))[0]).toMatchObject({ state: { status: 'completed' } });
    expect((await recordOf())[0]).toMatchObject({ state: { status: 'reused' } });
  }, 60_000);

  test('credentials come from a role by the identity token', async () => {
    const role = 'arn:aws:iam::000000000000:role/octo-training';
    const main = await job({
      project: project({ spec: own('oidc') }),
      env: { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' },
    }).train({
      'role-to-assume': role,
    }).done;
    // This role trusts SageMaker only, so the refusal must say what to change.
    expect(main.exitCode).toBe(1);
    const [error] = annotations(main.log).filter(({ level }) => level === 'error');
    expect(stable(error?.message ?? '')).toMatchSnapshot('annotation');
  }, 60_000);

  describe('refused before anything is written', () => {
    const refusals: [string, Parameters<typeof createProject>[0], Record<string, string>][] = [
      [
        'several mistakes at once',
        {
          spec: (text) =>
            text
              .replace('instance-type:', 'instance-typ:')
              .replace('max-runtime: 5m', 'max-runtime: 5 parsecs')
              .replace('name: digits', 'name: Digits!'),
        },
        {},
      ],
      [
        'an instance type that SageMaker does not train on',
        { spec: (text) => text.replace('ml.m5.xlarge', 'ml.m5.gigantic') },
        {},
      ],
      ['a bucket that does not exist', { spec: (text) => text.replace(`bucket: ${bucket}`, 'bucket: octo-lost') }, {}],
      ['a budget that the ceiling exceeds', { spec: (text) => `${text}budget: { per-run: 0.01 }\n` }, {}],
      [
        'an unknown price under a budget',
        { spec: (text) => `${text.replace('ml.m5.xlarge', 'ml.trn1.32xlarge')}budget: { per-run: 5 }\n` },
        {},
      ],
      ['a cost above the input max-cost-usd', {}, { 'max-cost-usd': '0.001' }],
      ['an input with a value that is not allowed', {}, { force: 'perhaps', 'max-cost-usd': 'plenty' }],
      ['an unknown run', {}, { runs: 'singel' }],
      ['a script that is not there', { spec: (text) => text.replace('entry-point: train.py', 'entry-point: trian.py') }, {}],
      ['data that is not there', { spec: (text) => text.replace('from: data', 'from: dada') }, {}],
      ['an unknown environment', {}, { environment: 'prodction' }],
      [
        'an override that the service does not have',
        { spec: (text) => `${text}request: { training-job: { EnableNetworkIsolatoin: true } }\n` },
        {},
      ],
    ];
    test.each(refusals)(
      '%s',
      async (_name, changes, inputs) => {
        const before = await since();
        const step = job({ project: project(changes) });
        const main = await step.train(inputs).done;
        expect(main.exitCode).toBe(1);
        expect(
          stable(
            annotations(main.log)
              .map(({ level, properties, message }) => `${level} ${properties}\n${message}`)
              .join('\n\n'),
          ),
        ).toMatchSnapshot();
        const done = await cloud.journal(before);
        expect(done.filter(({ operation }) => writes.has(operation))).toEqual([]);
        const post = await step.afterTrain(main, inputs).done;
        expect(post.exitCode).toBe(0);
      },
      60_000,
    );
  });

  test('an unknown price without a budget launches, and the report does not call it $0', async () => {
    const step = job({ project: project({ spec: (text) => own('unknown')(text).replace('ml.m5.xlarge', 'ml.trn1.32xlarge') }) });
    const main = await step.train().done;
    expect(main.exitCode).toBe(0);
    expect(main.outputs['cost-usd']).toBe('');
    const [record] = await recordOf();
    expect(record?.price.kind).toBe('unknown');
    expect(record).not.toHaveProperty('costUsd');
    const report = await step.report().done;
    expect(report.summary).toMatch(/unknown/);
  }, 60_000);

  test('a role that SageMaker may not assume ends in one annotation and a record that says nothing exists', async () => {
    const main = await job({
      project: project({ spec: (text) => own('role')(text).replace('octo-training', 'octo-nobody') }),
    }).train().done;
    expect(main.exitCode).toBe(1);
    const errors = annotations(main.log).filter(({ level }) => level === 'error');
    expect(stable(errors.map(({ message }) => message).join('\n'))).toMatchSnapshot();
    expect((await recordOf())[0]).toMatchObject({ state: { status: 'refused' } });
  }, 60_000);

  test('a job of that name that is not ours is left alone', async () => {
    const before = await since();
    const shared = project({ spec: own('theirs') });
    const first = await job({ project: shared }).train().done;
    expect(first.exitCode).toBe(0);
    const [record] = await recordOf();
    // The same name as seen by another repository: its tags differ.
    const other = startJob({ cloud, runId: String(run), project: shared, env: { GITHUB_REPOSITORY: 'octo-org/other' } });
    opened.push(other);
    const main = await other.train({ force: 'true' }).done;
    expect(main.exitCode).toBe(1);
    expect(
      annotations(main.log)
        .map(({ message }) => message)
        .join('\n'),
    ).toContain(record?.name);
    expect((await cloud.journal(before)).filter(({ operation }) => operation === 'StopTrainingJob')).toEqual([]);
  }, 60_000);

  test('a pull request from a fork is skipped politely', async () => {
    const before = await since();
    const step = job({ project: project(), event: 'fork' });
    const main = await step.train().done;
    const report = await step.report().done;
    expect([main.exitCode, report.exitCode]).toEqual([0, 0]);
    expect([main.outputs['skipped'], report.outputs['skipped']]).toEqual(['true', 'true']);
    expect(stable(main.log)).toMatchSnapshot('log');
    expect(stable(report.summary)).toMatchSnapshot('summary');
    expect(await cloud.journal(before)).toEqual([]);
  }, 60_000);

  test('Dependabot is skipped politely', async () => {
    const main = await job({ project: project(), actor: 'dependabot[bot]' }).train().done;
    expect([main.exitCode, main.outputs['skipped']]).toEqual([0, 'true']);
  }, 60_000);

  test('a comment that is too long is shortened, and the whole is in the HTML file', async () => {
    const many = Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`parameter-${index}`, 'x'.repeat(1_400)]));
    const extra = Object.entries(many)
      .map(([name, value]) => `${name}: ${value}`)
      .join(', ');
    const files = {
      'model/train.py':
        "import os\nopen(os.path.join(os.environ['SM_MODEL_DIR'], 'm'), 'w').write('x')\nprint('test loss: 0.5')\n",
    };
    const step = job({ project: project({ files, spec: (text) => text.replace('seconds: 0.3', extra) }) });
    const main = await step.train().done;
    expect(main.exitCode).toBe(0);
    const report = await step.report().done;
    expect(report.exitCode).toBe(0);
    const comment = (await cloud.comments()).find(({ body }) => body.includes('trainyard-report'));
    expect(comment?.body.length).toBeLessThanOrEqual(65_536);
    expect(comment?.body).toMatch(/short|cut|left out/i);
    const { readFileSync } = await import('node:fs');
    const html = readFileSync(report.outputs['html'] ?? '', 'utf8');
    for (const name of Object.keys(many)) expect(html).toContain(name);
  }, 60_000);
});
