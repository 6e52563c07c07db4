import { describe, expect, test } from '@jest/globals';
import { findOpenJobs, type JobKind } from '../../../src/actions/clean-up/close-job.ts';
import { closePullRequest } from '../../../src/actions/clean-up/close-pull-request.ts';
import { createRunKind } from '../../../src/actions/clean-up/job-kinds.ts';
import { type CleanUpDeps, run } from '../../../src/actions/clean-up/run.ts';
import type { RunContext } from '../../../src/records/context.ts';
import type { JobRecord } from '../../../src/actions/jobs/ports.ts';
import type { TuningRecord } from '../../../src/records/tuning-record.ts';
import { readSpec } from '../../../src/spec/read.ts';
import type { TrainingJob, TuningJob } from '../../../src/training/ports.ts';
import { makeRecord } from '../records/sample.ts';
import { search } from '../report/tuning-fixtures.ts';

const specText = `name: dogs
code: { directory: model, entry-point: train.py }
serve: { entry-point: i.py, image: scikit-learn-1.4-2, instance-type: ml.m5.large }
`;
const spec = await readSpec('trainyard.yml', { text: specText });
const context: RunContext = {
  repository: { id: '1', owner: 'o', name: 'r' },
  serverUrl: 'https://github.com',
  event: 'schedule',
  commit: 'c'.repeat(40),
  ref: 'refs/heads/main',
  defaultBranch: 'main',
  actor: 'octocat',
  workflow: { name: 'clean-up', runId: '9', attempt: 1, job: 'clean-up', step: '__self', matrix: 'null' },
};
const at = new Date('2026-11-22T12:00:00Z');

const nothing = async () => undefined;

function say() {
  const lines: string[] = [];
  const outputs: Record<string, string> = {};
  let summary = '';
  const tell = (line: string) => void lines.push(line);
  return {
    lines,
    outputs,
    summary: () => summary,
    log: { info: tell, notice: tell, warning: tell, error: tell, untrusted: () => undefined, mask: () => undefined },
    step: {
      output: (name: string, value: string) => {
        outputs[name] = value;
      },
      summary: async (text: string) => {
        summary += text;
      },
    },
  };
}

const tags = (expires: string, name = 'dogs') => ({
  'trainyard:repo': 'o/r',
  'trainyard:name': name,
  'trainyard:expires-at': expires,
  'trainyard:run': '7',
});

/** An account with a live release, a candidate that expired, and somebody else's endpoint of a similar name. */
function world(fail: string[] = []) {
  const said = say();
  const calls: string[] = [];
  let promoted = false;
  const tagsOf: Record<string, Record<string, string>> = {
    'dogs-live1': tags('never'),
    'dogs-old': tags('2026-11-22T11:00:00Z'),
    'dogs-large-1': tags('2026-11-22T11:00:00Z', 'dogs-large'),
    'dogs-foreign': {},
  };
  const names = Object.keys(tagsOf);
  const listed = names.map((name) => ({ name, arn: name, status: 'InService', created: at }));
  const aliases: Record<string, string> = { live: '1', candidate: '2' };
  const remove = async (what: string) => {
    if (fail.includes(what)) throw new Error('AWS says no.');
    calls.push(what);
    return 'deleted' as const;
  };
  const deps: CleanUpDeps = {
    ...said,
    context,
    region: 'us-east-1',
    clock: { now: () => at, sleep: nothing },
    endpoints: {
      list: async () => listed,
      describe: async (name) => ({
        name,
        arn: name,
        status: 'InService',
        configName: name,
        pending: false,
        created: at,
        variant: { name: 'all', instances: 2, desiredInstances: 2 },
      }),
      delete: (name) => remove(`endpoint ${name}`),
    },
    configs: {
      list: async () => listed,
      describe: async (name) => ({
        name,
        arn: name,
        modelName: name,
        instanceType: 'ml.m5.large',
        instanceCount: 1,
        created: at,
      }),
      delete: (name) => remove(`config ${name}`),
    },
    models: { list: async () => listed, delete: (name) => remove(`model ${name}`) },
    tags: { read: async (arn) => tagsOf[arn] ?? {}, write: nothing },
    functions: {
      describe: async (name) => ({ name, arn: 'a', codeSha256: '', roleArn: '', lastUpdate: 'Successful', tags: tags('never') }),
      versions: async () => [
        { version: '1', environment: { TRAINYARD_ENDPOINT: 'dogs-live1' }, modified: at },
        { version: '2', environment: { TRAINYARD_ENDPOINT: 'dogs-old' }, modified: at },
      ],
      version: async (_name, version) => ({
        version,
        environment: { TRAINYARD_ENDPOINT: version === '1' ? 'dogs-live1' : 'dogs-old' },
        description: '',
      }),
      alias: async (_name, alias) => {
        const version = promoted && alias === 'live' ? '2' : aliases[alias];
        return version === undefined ? undefined : { version, revision: 'r', weighted: false, description: '' };
      },
      deleteAlias: async (_name, alias) => {
        await remove(`alias ${alias}`);
        delete aliases[alias];
      },
      deleteVersion: async (_name, version) => void (await remove(`version ${version}`)),
      ensure: async () => 'exists',
      publish: async () => ({ version: '1', environment: {}, outcome: 'unchanged' }),
      putAlias: async () => 'done',
    },
    concurrency: { provisioned: nothing, deleteProvisioned: nothing },
    scaling: { read: nothing, deregister: nothing },
    prices: {
      hosting: async () => ({ kind: 'known', usdPerHour: 0.115, source: 'table', quality: 'observed', date: '2026-08-11' }),
    },
    isRunOver: nothing,
    patienceMs: 180_000,
  };
  return { ...said, deps, calls, promote: () => (promoted = true) };
}

describe('a sweep', () => {
  test('takes what expired and nothing of live, of another model, or of a stranger', async () => {
    const { deps, calls, outputs, summary, lines } = world();
    await run(spec, { dryRun: false }, deps);
    expect(calls).toEqual(['alias candidate', 'endpoint dogs-old', 'config dogs-old', 'model dogs-old', 'version 2']);
    expect(JSON.parse(outputs['removed'] ?? '')).toContainEqual({
      kind: 'endpoint',
      name: 'dogs-old',
      why: 'it expired at 2026-11-22T11:00:00Z',
    });
    expect(outputs['busy']).toBe('0');
    expect(summary()).toContain('### Clean-up: 5 removed');
    expect(lines).toContain('  keep endpoint dogs-live1: alias live names it');
  });

  test('on a dry run lists with age and price, and removes nothing', async () => {
    const { deps, calls, outputs, summary } = world();
    await run(spec, { dryRun: true }, deps);
    expect(calls).toEqual([]);
    expect(outputs['removed']).toBe('[]');
    expect(summary()).toContain(
      '| endpoint | `dogs-old` | it expired at 2026-11-22T11:00:00Z | 0 seconds old | \\$0.23/h | would be removed |',
    );
  });

  test('prices an endpoint that is being created by the machines it is getting, of which AWS does not tell yet', async () => {
    const { deps, lines } = world();
    const endpoints: CleanUpDeps['endpoints'] = {
      ...deps.endpoints,
      describe: async (name) => {
        const seen = await deps.endpoints.describe(name);
        return seen && { ...seen, status: 'Creating', variant: { name: 'all', instances: 0, desiredInstances: 0 } };
      },
      delete: async () => 'busy',
    };
    await run(spec, { dryRun: false }, { ...deps, endpoints, patienceMs: 0 });
    expect(lines).toContain('  remove endpoint dogs-old: it expired at 2026-11-22T11:00:00Z; 0 seconds old, $0.115/h');
    expect(lines).toContain('Clean-up: 2 removed, 1 busy, 2 left for the next sweep.');
    expect(lines.at(-1)).toBe(
      'Not removed: endpoint dogs-old ($0.115/h). AWS lets nobody delete an endpoint while it is being created or updated; the next sweep tries again.',
    );
  });

  test('leaves alone what a promotion took into use since it looked', async () => {
    const { deps, calls, promote } = world();
    // The promotion comes between the look around and the first removal.
    const prices: CleanUpDeps['prices'] = {
      hosting: async () => {
        promote();
        return { kind: 'unknown', why: 'nobody knows' };
      },
    };
    await run(spec, { dryRun: false }, { ...deps, prices });
    expect(calls).toEqual(['alias candidate']);
  });

  test('ends red when something other than busy failed, after everything else was done', async () => {
    const { deps, calls, outputs } = world(['endpoint dogs-old']);
    await expect(run(spec, { dryRun: false }, deps)).rejects.toThrow('endpoint dogs-old: It could not be removed: AWS says no.');
    expect(calls).toEqual(['alias candidate', 'version 2']);
    expect(outputs['removed']).toContain('version');
  });

  test('removes nothing beside a function that another repository made', async () => {
    const { deps, calls } = world();
    const functions = {
      ...deps.functions,
      describe: async (name: string) => ({
        name,
        arn: 'a',
        codeSha256: '',
        roleArn: '',
        lastUpdate: 'Successful' as const,
        tags: { 'trainyard:repo': 'x/y' },
      }),
    };
    await expect(run(spec, { dryRun: false }, { ...deps, functions })).rejects.toThrow('do not say that this repository');
    expect(calls).toEqual([]);
  });
});

describe('a pull request that closes', () => {
  const job: TrainingJob = {
    name: 'dogs-single-1-a1',
    arn: 'arn:job',
    status: 'InProgress',
    secondaryStatus: 'Training',
    created: at,
    transitions: [],
    instanceType: 'ml.m5.xlarge',
    instanceCount: 1,
    metrics: [],
  };

  function closing(found: { job?: TrainingJob | undefined; search?: TuningJob } = {}, repository = 'o/r') {
    const said = say();
    const stopped: string[] = [];
    const written: JobRecord[] = [];
    let now = at.getTime();
    const clock = {
      now: () => new Date(now),
      sleep: async (ms: number) => {
        now += ms;
      },
    };
    const stop = async (name: string) => {
      stopped.push(name);
      return 'requested' as const;
    };
    const write = async (record: JobRecord) => void written.push(record);
    const readTags = async () => ({ 'trainyard:repo': repository });
    const common = { log: said.log, clock, logs: { open: () => ({ next: async () => [] }) } };
    const runs = createRunKind(
      {},
      {
        ...common,
        jobs: {
          describe: async (name) =>
            found.job && stopped.includes(name) && found.job.status === 'InProgress'
              ? { ...found.job, status: 'Stopped', secondaryStatus: 'Stopped', billableSeconds: 5 }
              : found.job,
          stop,
          tags: readTags,
        },
        records: { listAll: async () => [open, ended], write },
        utilisation: { read: async () => ({ coverage: 'none', hosts: [] }) },
      },
    );
    const searches: JobKind<TuningRecord, TuningJob> = {
      kind: 'tuning-job',
      jobs: {
        describe: async (name) => found.search && { ...found.search, status: stopped.includes(name) ? 'Stopped' : 'InProgress' },
        stop,
        tags: readTags,
      },
      records: { listAll: async () => (found.search ? [openSearch] : []), write },
      finish: async (record) => {
        const settled: TuningRecord = { ...record, state: { status: 'stopped', cause: 'cancelled', reason: 'closed' } };
        await write(settled);
        return settled;
      },
    };
    const deps = { ...said, repository: 'o/r', clock };
    const close = async (dryRun = false) => {
      const all = [...(await findOpenJobs(searches, deps)), ...(await findOpenJobs(runs, deps))];
      return closePullRequest(7, all, { dryRun }, deps);
    };
    return { ...said, close, stopped, written };
  }
  const open = makeRecord({ name: job.name, state: { status: 'submitted' } });
  const ended = makeRecord({ name: 'dogs-single-0-a1', state: { status: 'completed' } });
  const openSearch = search([], { state: { status: 'submitted' } });
  const tuningJob: TuningJob = {
    name: openSearch.name,
    arn: 'arn:search',
    status: 'InProgress',
    created: at,
    counts: { completed: 0, inProgress: 1, failed: 0, stopped: 0 },
  };

  test('has its running jobs stopped, and their records brought to the end', async () => {
    const { close, stopped, written, outputs, summary } = closing({ job, search: tuningJob });
    await close();
    expect(stopped.sort()).toEqual([openSearch.name, job.name].sort());
    expect(written.filter(({ kind }) => kind === 'training-job').map(({ state }) => state.status)).toEqual([
      'stop-requested',
      'stopped',
    ]);
    expect(written.filter(({ kind }) => kind === 'tuning-job').map(({ state }) => state.status)).toEqual([
      'stop-requested',
      'stopped',
    ]);
    expect(summary()).toContain('### Clean-up: stopped 1 training job and 1 tuning job of pull request #7');
    const why = 'its pull request was closed';
    expect(JSON.parse(outputs['removed'] ?? '')).toEqual(
      expect.arrayContaining([
        { kind: 'training-job', name: job.name, why },
        { kind: 'tuning-job', name: openSearch.name, why },
      ]),
    );
  });

  test('has nothing stopped on a dry run, nor what is not this repository’s by its tags', async () => {
    const dry = closing({ job, search: tuningJob });
    await dry.close(true);
    expect(dry.stopped).toEqual([]);
    expect(dry.written).toEqual([]);
    expect(dry.outputs['removed']).toBe('[]');
    expect(dry.summary()).toContain('would stop 1 training job and 1 tuning job of pull request #7');
    const foreign = closing({ job, search: tuningJob }, 'x/y');
    await foreign.close();
    expect(foreign.stopped).toEqual([]);
    expect(foreign.lines.filter((line) => line.includes('was left alone'))).toHaveLength(2);
  });

  test('does not say that a job has stopped which was only asked to', async () => {
    const { close, lines, outputs, summary } = closing({ job: { ...job, status: 'Stopping' } });
    await close();
    expect(lines.join('\n')).toContain('has not been seen to end');
    expect(summary()).toContain('### Clean-up: asked 1 training job of pull request #7 to stop');
    expect(outputs['removed']).toBe('[]');
  });

  test('that left nothing says so', async () => {
    const { close, lines } = closing();
    await close();
    expect(lines).toEqual(['Clean-up: pull request #7 left nothing running.']);
  });
});
