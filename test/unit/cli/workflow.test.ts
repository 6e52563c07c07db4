import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { readAction } from '../../../src/cli/rehearse/action.ts';
import { createEvent, type EventKind, pullOf } from '../../../src/cli/rehearse/event.ts';
import { readDispatchInputs } from '../../../src/cli/rehearse/dispatch-inputs.ts';
import { findMismatch } from '../../../src/cli/rehearse/mismatch.ts';
import { tokenPermissions } from '../../../src/cli/rehearse/permissions.ts';
import type { RepositoryFacts } from '../../../src/cli/rehearse/repository.ts';
import { readWorkflow, type Workflow } from '../../../src/cli/rehearse/workflow.ts';
import { createState } from '../../../src/cloud/github/state.ts';

const root = join(import.meta.dirname, '../../..');
const path = '.github/workflows/train.yml';

async function read(text: string): Promise<Workflow> {
  const workflow = await readWorkflow('w.yml', text);
  if (Array.isArray(workflow)) throw new Error(JSON.stringify(workflow));
  return workflow;
}

describe('the training workflow', () => {
  test('passes GitHub’s own parser, asks for what it needs and pins what is not ours', async () => {
    const workflow = await read(readFileSync(join(root, path), 'utf8'));
    expect(Object.keys(workflow.jobs)).toEqual(['train', 'report']);
    expect(workflow.jobs['report']).toMatchObject({ needs: 'train', if: 'always()' });
    for (const job of Object.values(workflow.jobs)) {
      expect(tokenPermissions(workflow.permissions, job.permissions, false)).toEqual({
        contents: 'read',
        'id-token': 'write',
        'pull-requests': 'write',
      });
      expect(Number(job['timeout-minutes'])).toBeGreaterThan(0);
      for (const { uses } of job.steps) expect(uses).toMatch(/^\.\/|@[\da-f]{40}$/);
    }
  });

  test('gives its actions only inputs that they have', async () => {
    const workflow = await read(readFileSync(join(root, path), 'utf8'));
    const own = Object.values(workflow.jobs).flatMap((job) => job.steps.filter(({ uses }) => uses?.startsWith('./')));
    expect(own.map(({ uses }) => uses)).toEqual(['./actions/tune-model', './actions/train-model', './']);
    for (const step of own) {
      const inputs = Object.keys(readAction(join(root, step.uses ?? '')).inputs ?? {});
      expect(inputs).toEqual(expect.arrayContaining(Object.keys(step.with ?? {})));
      expect(step.with).toEqual({
        spec: '${{ env.SPEC }}',
        environment: '${{ env.ENVIRONMENT }}',
        'role-to-assume': '${{ env.ROLE }}',
      });
    }
  });
});

describe('a workflow that is wrong', () => {
  test.each([
    ['on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: echo\n        bad: 1\n', 7, "Unexpected value 'bad'"],
    [
      'on: push\njobs:\n  a:\n    runs-on: x\n    if: nope.x\n    steps: [{ run: echo }]\n',
      5,
      "Unrecognized named-value: 'nope'",
    ],
    [
      'on: push\njobs:\n  a:\n    runs-on: x\n    needs: b\n    steps: [{ run: echo }]\n',
      3,
      'at least one job with no dependencies',
    ],
    ['on: push\njobs:\n  a:\n    uses: o/r/.github/workflows/x.yml@v1\n', undefined, 'cannot be rehearsed'],
  ])('%j is refused with its line', async (text, line, message) => {
    const problems = await readWorkflow('w.yml', text);
    if (!Array.isArray(problems)) throw new Error('It was accepted.');
    expect(problems.map((problem) => problem.message).join('\n')).toContain(message);
    expect(problems[0]?.line).toBe(line);
  });
});

describe('events', () => {
  const facts: RepositoryFacts = {
    root,
    owner: 'o',
    name: 'r',
    head: 'h',
    base: 'b',
    branch: 'topic',
    defaultBranch: 'main',
    git: true,
    dirty: [],
    changed: [],
    commits: [{ sha: 'h', parents: ['b'], date: '2026-11-22T00:00:00.000Z', message: 'm' }],
  };
  const repository = { owner: 'o', name: 'r', id: 2, ownerId: 1, defaultBranch: 'main' };
  const github = { state: createState(repository, {}), apiUrl: 'http://a', serverUrl: 'http://s' };
  // Only the addresses and the repository are read.
  const pull = pullOf(facts, 'dev', false);
  const anyWorkflow = { path: 'w.yml', on: { schedule: [{ cron: '7 * * * *' }] } };
  const eventOf = (kind: EventKind, inputs = {}) =>
    createEvent({ kind, facts, github, pull, tag: 'v1.2', inputs, workflow: anyWorkflow });

  test.each([
    ['pull_request', '[push]', [], 'it runs on push, not on pull_request'],
    ['pull_request', '{ pull_request: { types: [labeled] } }', [], 'its types are labeled'],
    ['pull_request', '{ pull_request: { branches: [release] } }', [], 'its branches are release, and the event is on main'],
    ['push', '{ push: { branches-ignore: [main] } }', [], 'its branches-ignore leaves main out'],
    ['push', '{ push: { paths: [training/**] } }', ['README.md'], 'no changed file matches its paths'],
    ['push', '{ push: { paths: [training/**] } }', ['training/a.py'], 'it would start'],
    ['push', '{ push: { paths-ignore: ["**.md"] } }', ['README.md'], 'its paths-ignore leaves every changed file out'],
    ['pull_request', '[push, pull_request]', [], 'it would start'],
    ['tag', '{ push: { tags: ["v*"] } }', [], 'it would start'],
    ['tag', '{ push: { tags: ["release-*"] } }', [], 'its tags are release-*, and the event is on v1.2'],
    ['tag', '{ push: { branches: [main] } }', [], 'it names branches, but no tags'],
    ['tag', '{ push: { tags-ignore: ["v*"] } }', [], 'its tags-ignore leaves v1.2 out'],
    ['tag', '{ push: { paths: [training/**] } }', ['README.md'], 'it would start'],
    ['tag', 'pull_request', [], 'it runs on pull_request, not on push'],
    ['push', '{ push: { tags: ["v*"] } }', [], 'it names tags, but no branches'],
    ['push', '{ push: { tags: ["v*"], branches: [main] } }', [], 'it would start'],
    ['schedule', '{ schedule: [{ cron: "7 * * * *" }] }', [], 'it would start'],
    ['workflow_dispatch', 'workflow_dispatch', [], 'it would start'],
    ['workflow_dispatch', 'push', [], 'it runs on push, not on workflow_dispatch'],
  ] as const)('%s under on: %s', async (name, on, changed, why) => {
    const workflow = await read(`on: ${on}\njobs: { a: { runs-on: x, steps: [{ run: echo }] } }\n`);
    const mismatch = findMismatch(workflow, eventOf(name), changed)?.why;
    expect(mismatch ?? 'it would start').toContain(why);
  });

  test('a pull request names head, base and merge commit apart', () => {
    const event = eventOf('pull_request');
    expect(event).toMatchObject({ ref: 'refs/pull/1/merge', headRef: 'topic', baseRef: 'main' });
    expect(event.payload['pull_request']).toMatchObject({
      head: { sha: 'h', repo: { id: 2 } },
      base: { sha: 'b', repo: { id: 2 } },
    });
    expect(['h', 'b']).not.toContain(event.sha);
  });

  test('a tag is a push of a reference of its own on the commit of main', () => {
    const event = eventOf('tag');
    expect(event).toMatchObject({ kind: 'tag', name: 'push', sha: 'b', ref: 'refs/tags/v1.2', refName: 'v1.2', headRef: '' });
    expect(event.payload).toMatchObject({ ref: 'refs/tags/v1.2', created: true, after: 'b', base_ref: 'refs/heads/main' });
  });

  test('a schedule and a start by hand are on main; the payload has inputs as texts', () => {
    expect(eventOf('schedule')).toMatchObject({ name: 'schedule', ref: 'refs/heads/main', inputs: null });
    expect(eventOf('schedule').payload).toMatchObject({ schedule: '7 * * * *', repository: { default_branch: 'main' } });
    const event = eventOf('workflow_dispatch', { 'dry-run': true });
    expect(event.inputs).toEqual({ 'dry-run': true });
    expect(event.payload).toMatchObject({ inputs: { 'dry-run': 'true' }, workflow: 'w.yml', ref: 'refs/heads/main' });
  });
});

describe('inputs of a dispatch', () => {
  const on = {
    workflow_dispatch: {
      inputs: {
        'dry-run': { type: 'boolean', default: false },
        count: { type: 'number', default: 2 },
        how: { type: 'choice', options: ['fast', 'slow'], default: 'fast' },
        why: { required: true },
        note: null,
      },
    },
  };

  test('are what is given over the defaults, in their types', () => {
    expect(readDispatchInputs({ on }, { why: 'because', 'dry-run': 'true', count: '7' })).toEqual({
      inputs: { 'dry-run': true, count: 7, how: 'fast', why: 'because', note: '' },
    });
    expect(readDispatchInputs({ on: ['workflow_dispatch'] }, {})).toEqual({ inputs: {} });
  });

  test('are refused all at once', () => {
    expect(readDispatchInputs({ on }, { 'dry-run': 'maybe', count: 'x', how: 'not', other: '1' })).toEqual({
      problems: [
        '--input other: the workflow has no such input; it has dry-run, count, how, why, note.',
        '--input dry-run=maybe: it is true or false.',
        '--input count=x: it is a number.',
        '--input how=not: it is one of fast, slow.',
        '--input why: the workflow requires it.',
      ],
    });
  });
});
