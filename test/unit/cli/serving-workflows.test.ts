import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { readAction } from '../../../src/cli/rehearse/action.ts';
import { tokenPermissions } from '../../../src/cli/rehearse/permissions.ts';
import { readWorkflow, type Workflow } from '../../../src/cli/rehearse/workflow.ts';

const root = join(import.meta.dirname, '../../..');

async function read(name: string): Promise<Workflow> {
  const path = `.github/workflows/${name}.yml`;
  const workflow = await readWorkflow(path, readFileSync(join(root, path), 'utf8'));
  if (Array.isArray(workflow)) throw new Error(JSON.stringify(workflow));
  return workflow;
}

describe.each(['release', 'clean-up'])('the workflow %s', (name) => {
  test('passes GitHub’s own parser, pins what is not ours and is bounded in time', async () => {
    const { jobs } = await read(name);
    for (const job of Object.values(jobs)) {
      expect(Number(job['timeout-minutes'])).toBeGreaterThan(0);
      for (const { uses } of job.steps) expect(uses).toMatch(/^\.\/|@[\da-f]{40}$/);
    }
  });

  test('gives its actions only inputs that they have, and the one that says who it is', async () => {
    const { jobs } = await read(name);
    const own = Object.values(jobs).flatMap((job) => job.steps.filter(({ uses }) => uses?.startsWith('./')));
    expect(own.length).toBeGreaterThan(0);
    for (const step of own) {
      const inputs = Object.keys(readAction(join(root, step.uses ?? '')).inputs ?? {});
      expect(inputs).toEqual(expect.arrayContaining(Object.keys(step.with ?? {})));
      expect(Object.keys(step.with ?? {})).toContain('role-to-assume');
    }
  });

  test('never cancels what it has begun, and says why it needs each permission', () => {
    const text = readFileSync(join(root, `.github/workflows/${name}.yml`), 'utf8');
    expect(parse(text)).toMatchObject({ concurrency: { 'cancel-in-progress': false } });
    const granted = text.split('\n').filter((line) => /^ {6}[a-z-]+: (?:read|write)\b/.test(line));
    expect(granted.length).toBeGreaterThan(1);
    for (const line of granted) expect(line).toMatch(/ # \w/);
  });
});

describe('the release workflow', () => {
  test('deploys, scales and calls before anybody can approve, then promotes; each job ends with a report', async () => {
    const { jobs, permissions } = await read('release');
    const steps = (job: string) => jobs[job]?.steps.map(({ uses }) => uses).slice(1);
    const upload = expect.stringMatching(/^actions\/upload-artifact@/);
    const deploying = ['./actions/deploy-endpoint', './actions/configure-scaling', './actions/smoke-invoke', './', upload];
    expect(steps('deploy')).toEqual(deploying);
    expect(steps('promote')).toEqual(['./actions/promote-endpoint', './', upload]);
    expect(jobs['promote']).toMatchObject({ needs: 'deploy', environment: { name: 'production', deployment: false } });
    for (const job of Object.values(jobs)) {
      expect(job.steps.at(-2)).toMatchObject({ id: 'report', if: 'always()' });
      expect(job.steps.at(-1)?.if).toBe("always() && steps.report.outputs.html != ''");
      // One artifact of a name is in a run: the later report takes the place of the earlier one.
      expect(job.steps.at(-1)?.with).toMatchObject({ archive: false, name: 'trainyard-report.html', overwrite: true });
    }
    const token = (job: string) => tokenPermissions(permissions, jobs[job]?.permissions, false);
    expect(token('deploy')).toEqual({ contents: 'read', 'id-token': 'write' });
    expect(token('promote')).toEqual({ contents: 'read', deployments: 'write', 'id-token': 'write' });
  });
});

describe('the clean-up workflow', () => {
  test('starts by itself, when a pull request closes, and by hand', async () => {
    const { on, jobs } = await read('clean-up');
    expect(on).toMatchObject({
      schedule: [{ cron: expect.any(String) }],
      pull_request: { types: ['closed'] },
      workflow_dispatch: {},
    });
    expect(jobs['clean-up']?.steps.map(({ uses }) => uses).slice(1)).toEqual(['./actions/clean-up']);
  });
});
