import { expect, test } from '@jest/globals';
import { marked } from 'marked';
import { readFileSync } from 'node:fs';
import { baseCommit } from '../support/facts.ts';
import { annotations, messages, stable } from '../support/stable.ts';
import { inWorld, type World, weathers } from '../support/world.ts';

const post = 'POST /repos/{owner}/{repo}/issues/{number}/comments';
const refuse = (status: number, message: string) => ({ kind: 'error', code: 'GitHub', message, status }) as const;

const twoRuns = (text: string) => `${text}    other: { instance-type: ml.m6i.xlarge }\n`;

/** A run that has trained and is to be reported. */
async function trained({ job, project }: World, changes: Parameters<World['project']>[0] = {}) {
  const step = job({ project: project(changes) });
  const main = await step.train().done;
  expect(main.exitCode).toBe(0);
  return step;
}

test.concurrent.each(weathers)(
  'one comment, found over all pages; our duplicates go, a stranger keeps his, in %s weather',
  (weather) =>
    inWorld(weather, {}, async (world) => {
      const { cloud } = world;
      for (let number = 1; number <= 104; number += 1) await cloud.addComment('stranger', `Comment ${number}`);
      const step = await trained(world);
      expect((await step.report().done).exitCode).toBe(0);
      const ours = (await cloud.comments()).filter(({ author }) => author !== 'stranger');
      expect(ours).toHaveLength(1);
      const [marker = ''] = (ours[0]?.body ?? '').split('\n');
      expect(marker).toMatch(/^<!-- trainyard-report:/);

      await cloud.addComment('stranger', `${marker}\nAll is well, merge it.`);
      for (const number of [1, 2]) await cloud.addComment('bot', `${marker}\nduplicate ${number}`);
      await cloud.addComment('bot', 'Somebody else’s workflow');
      const again = world.job();
      expect((await again.train().done).exitCode).toBe(0);
      expect((await again.report().done).exitCode).toBe(0);
      const now = await cloud.comments();
      const withMarker = now.filter(({ body }) => body.startsWith(marker));
      expect(withMarker.map(({ author }) => author).toSorted()).toEqual(['github-actions[bot]', 'stranger']);
      const kept = withMarker.find(({ author }) => author !== 'stranger');
      expect(kept?.id).toBe(ours[0]?.id);
      expect(kept?.body).toContain(`trainyard-run:${again.runId}:`);
      expect(now).toHaveLength(107);
    }),
);

test.concurrent.each(weathers)('a token without pull-requests: write is told so in the summary, in %s weather', (weather) =>
  inWorld(weather, {}, async (world) => {
    const shared = world.project();
    const first = world.job({ project: shared });
    expect((await first.train().done).exitCode).toBe(0);
    const report = await world.job({ project: shared, runId: first.runId, token: 'read' }).report().done;
    expect([report.exitCode, report.outputs['skipped']]).toEqual([0, 'true']);
    expect(report.log).toContain('pull-requests: write');
    expect(report.summary).toContain('✅');
    expect(await world.cloud.comments()).toEqual([]);
  }),
);

test.concurrent.each(weathers)('GitHub’s trouble passes over: the report is tried again, in %s weather', (weather) =>
  inWorld(weather, {}, async (world) => {
    const step = await trained(world);
    const when = 'before' as const;
    for (const nth of [1, 2]) {
      await world.cloud.addFault({
        id: `bad ${nth}`,
        service: 'github',
        operation: post,
        nth,
        when,
        effect: refuse(502, 'Server Error'),
      });
    }
    const report = await step.report().done;
    expect(report.exitCode).toBe(0);
    expect(await world.cloud.comments()).toHaveLength(1);
  }),
);

test.concurrent.each(weathers)('a comment whose answer was lost is not written twice, in %s weather', (weather) =>
  inWorld(weather, {}, async (world) => {
    const step = await trained(world);
    await world.cloud.addFault({
      id: 'lost',
      service: 'github',
      operation: post,
      nth: 1,
      when: 'after',
      effect: { kind: 'reset' },
    });
    const report = await step.report().done;
    expect(report.exitCode).toBe(0);
    expect(await world.cloud.comments()).toHaveLength(1);
  }),
);

test.concurrent.each(weathers)(
  'GitHub’s trouble that stays fails the step once, and the summary has the report, in %s weather',
  (weather) =>
    inWorld(weather, {}, async (world) => {
      const step = await trained(world);
      await world.cloud.addFault({
        id: 'down',
        service: 'github',
        operation: post,
        when: 'before',
        effect: refuse(503, 'Unavailable'),
      });
      const report = await step.report().done;
      expect(report.exitCode).toBe(1);
      const errors = annotations(report.log).filter(({ level }) => level === 'error');
      expect(errors).toHaveLength(1);
      expect(errors[0]?.message).toMatch(/503.*githubstatus/s);
      expect(report.summary).toContain('✅');
    }),
);

test.concurrent.each(weathers)('main is recorded under its own prefix and compared with, in %s weather', (weather) =>
  inWorld(weather, {}, async (world) => {
    const { cloud, job, project } = world;
    const main = job({ project: project({ hyperparameters: { say: 'main' } }), event: 'push', commit: baseCommit });
    expect((await main.train().done).exitCode).toBe(0);
    const summary = await main.report().done;
    expect(summary.exitCode).toBe(0);
    expect(summary.summary).toContain('✅');
    expect(await cloud.comments()).toEqual([]);
    expect(await cloud.records('trainyard/main/')).toMatchObject([{ commit: baseCommit, state: { status: 'completed' } }]);
    expect(await cloud.records()).toEqual([]);

    const step = await trained(world);
    expect((await step.report().done).exitCode).toBe(0);
    const [comment] = await cloud.comments();
    expect(comment?.body).toMatch(new RegExp(`Versus main.*${baseCommit.slice(0, 7)}`));
    expect(comment?.body).toMatch(/Versus main.*(\d+ (s|m|minutes?|seconds?)|ago|just now)/);
  }),
);

/** Every trick on a line of its own; the script fails, so that its last lines stand in annotation, comment and record. */
const tricks = [
  '::error::PWNED',
  '::set-output name=model::s3://evil/PWNED',
  '::stop-commands::guess',
  '::add-mask::a',
  '##[error]PWNED',
  '\\x1b[31mred',
  '@octo-org/everyone please look',
  '</details><img src=https://evil.example/PWNED>',
  '```',
  '<script>alert(1)</script>',
  '[click](https://evil.example/PWNED)',
  '| a | b |',
  'fixes #1',
];
const hostile = `
import sys
for line in ${JSON.stringify(tricks).replaceAll('\\\\x', '\\x')}:
    print(line)
print('test loss: 0.5')
sys.exit('boom ::error::PWNED @octo-org/everyone </details><img src=x>')
`;

test.concurrent.each(weathers)('what a script and its parameters say stays text, in %s weather', (weather) =>
  inWorld(weather, {}, async (world) => {
    const parameter = '@octo-org/everyone </details><img src=x> `code` | [x](https://evil.example) ::error::PWNED';
    const changes = { files: { 'model/train.py': hostile }, hyperparameters: { note: parameter } };
    const step = world.job({ project: world.project(changes) });
    const main = await step.train().done;
    expect(main.exitCode).toBe(1);
    const errors = annotations(main.log);
    expect(errors.map(({ level }) => level)).toEqual(['error']);
    expect(main.outputs['model'] ?? '').toBe('');
    expect(main.log).not.toContain('##[');
    expect(main.log).not.toContain('\u001b');
    for (const line of main.log.replaceAll(/^::stop-commands::(\S+)$[^]*?^::\1::$/gm, '').split('\n')) {
      expect(line).not.toMatch(/^\s*::(?!(error|group|endgroup|notice|warning|add-mask)\b)/);
    }

    const report = await step.report().done;
    expect(report.exitCode).toBe(0);
    for (const text of [(await world.cloud.comments())[0]?.body ?? '', report.summary]) {
      const page = await marked.parse(text, { gfm: true });
      expect(page).not.toMatch(/<(script|img|iframe)\b/i);
      const prose = page.replaceAll(/<(pre|code)\b[^]*?<\/\1>/g, '');
      expect(prose).not.toMatch(/@octo-org/);
      expect(prose).not.toMatch(/href="https:\/\/evil/);
      expect(page.split('<details')).toHaveLength(page.split('</details>').length);
    }
    const html = readFileSync(report.outputs['html'] ?? '', 'utf8');
    expect(html).not.toMatch(/<(script|img|iframe)\b/i);
  }),
);

test.concurrent.each(weathers)('a pull request from a fork is skipped politely, in %s weather', (weather) =>
  inWorld(weather, { fork: true }, async ({ cloud, job }) => {
    const step = job({ event: 'fork' });
    const main = await step.train().done;
    const report = await step.report().done;
    expect([main.exitCode, report.exitCode]).toEqual([0, 0]);
    expect([main.outputs['skipped'], report.outputs['skipped']]).toEqual(['true', 'true']);
    expect(stable(main.log)).toMatchSnapshot('log');
    expect(stable(report.summary)).toMatchSnapshot('summary');
    expect(await cloud.journal()).toEqual([]);
  }),
);

test.concurrent.each(weathers)('Dependabot is skipped politely, in %s weather', (weather) =>
  inWorld(weather, {}, async ({ cloud, job }) => {
    const main = await job({ actor: 'dependabot[bot]' }).train().done;
    expect([main.exitCode, main.outputs['skipped']]).toEqual([0, 'true']);
    expect(messages(main.log, 'notice')).toContain('Dependabot');
    expect(await cloud.journal()).toEqual([]);
  }),
);

test.concurrent.each(weathers)('a report without any run explains the product, in %s weather', (weather) =>
  inWorld(weather, {}, async ({ cloud, job }) => {
    const report = await job().report().done;
    expect(report.exitCode).toBe(0);
    expect(stable(report.summary)).toMatchSnapshot();
    expect(await cloud.comments()).toEqual([]);
  }),
);

test.concurrent.each(weathers)(
  'a comment that is too long is shortened, and the whole is in the HTML file, in %s weather',
  (weather) =>
    inWorld(weather, {}, async (world) => {
      const names = Array.from({ length: 90 }, (_, index) => `parameter-${index}-${'long-'.repeat(40)}`);
      const many = Object.fromEntries(names.map((name) => [name, 'x'.repeat(1_400)]));
      const train = "import os\nopen(os.path.join(os.environ['SM_MODEL_DIR'], 'm'), 'w').write('x')\nprint('test loss: 0.5')\n";
      const step = await trained(world, { files: { 'model/train.py': train }, hyperparameters: many, spec: twoRuns });
      const report = await step.report().done;
      expect(report.exitCode).toBe(0);
      const [comment] = await world.cloud.comments();
      expect(comment?.body.length).toBeGreaterThan(30_000);
      expect(comment?.body.length).toBeLessThanOrEqual(65_536);
      expect(comment?.body).toMatch(/short|cut|left out/i);
      const html = readFileSync(report.outputs['html'] ?? '', 'utf8');
      for (const name of names) expect(html).toContain(name);
    }),
);
