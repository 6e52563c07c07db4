import { expect, test } from '@jest/globals';
import { adopt, adoptTraining } from '../support/adopt.ts';
import { expectEnd, inProject, readJournal, readResult, rehearse } from '../support/rehearsal.ts';
import { weathers } from '../support/world.ts';

/** The model is 42; asked for two numbers it answers their multiples, of which the second is the larger. */
const inference = `import json, os

def model_fn(folder):
    with open(os.path.join(folder, 'model.json')) as file:
        return json.load(file)['answer']

def input_fn(body, content_type):
    return json.loads(body)['instances']

def predict_fn(numbers, model):
    return [[number * model for number in numbers]]

def output_fn(prediction, accept):
    return json.dumps(prediction)
`;

const serving = `
serve:
  entry-point: inference.py
  instance-type: ml.m5.large
  lambda: { memory-mb: 256, timeout: 10s }
scaling:
  endpoint: { min: 1, max: 2, invocations-per-minute: 600 }
  lambda: { provisioned: 1 }
smoke:
  - { name: two numbers, event: { json: { instances: [1, 2] } }, expect: { status: 200, shape: [1, 2], arg-max: 1 }, repeat: 4, concurrency: 2 }
`;
const role = (name: string) => `arn:aws:iam::000000000000:role/octo-${name}`;

const release = adopt('release.yml');
/** The next release, whose serving code turns every answer round; then live is called, whatever came of that. */
const wrongRelease = `${release.replace(
  / {6}- name: Deploy a candidate\n/,
  (step) => `      - run: sed -i 's/number \\* model/-number * model/' model/inference.py\n${step}`,
)}
  still-live:
    needs: [deploy, promote]
    if: always()
    runs-on: ubuntu-24.04
    permissions: { contents: read, id-token: write }
    steps:
      - uses: actions/checkout@v6
      - uses: octo-org/trainyard/actions/smoke-invoke@v1
        with: { alias: live }
`;

const changes = {
  spec: (text: string) =>
    `${text.replace('roles: {', () => `roles: { serving: '${role('serving')}', lambda: '${role('lambda')}',`)}${serving}environments: { main: {} }\n`,
  files: {
    'model/inference.py': inference,
    '.github/workflows/train.yml': adoptTraining(),
    '.github/workflows/release.yml': release,
    '.github/workflows/wrong.yml': wrongRelease,
  },
};
const answer = 'digits-invoke:live  answers "two numbers" with 200: [[42, 84]]';

test.concurrent.each(weathers)(
  'a pull request, main and a tag: the model is trained, deployed, called and live, in %s weather',
  (weather) =>
    inProject(changes, async (project) => {
      const rehearsal = rehearse(project, '--release', '--weather', weather);
      await expectEnd(rehearsal, 0, 'tag: deploy success, promote success');
      const output = rehearsal.output();
      expect(output).toContain('approval for production: granted by the rehearsal');
      expect(output).toContain(answer);
      expect(output).toMatch(/digits-invoke:live {2}version 1 → endpoint digits-[\da-f]{10} \(InService, 1 instance\)/);
      expect(output).toMatch(/deployment of [\da-f]{7} to production: success/);
      expect(readResult(project, 'comment.md')).toMatch(/### Rehearsal: ✅ digits/);
      const summary = readResult(project, 'summary.md');
      expect(summary).toContain('Rehearsal: ⏳ digits: v0.0.0-rehearsal waits for approval');
      expect(summary).toContain('Rehearsal: ✅ digits: v0.0.0-rehearsal is live');
      // The later report takes the place of the earlier one.
      expect(readResult(project, 'artifacts/run-3/trainyard-report.html')).toContain('v0.0.0-rehearsal is live');
      const journal = readJournal(project);
      expect(journal.filter(({ illegal }) => illegal?.length)).toEqual([]);
      const operations = journal.map(({ operation }) => operation);
      expect(operations.filter((operation) => operation === 'POST /repos/{owner}/{repo}/deployments')).toHaveLength(1);
      // The pull request's comment is the business of its own run: the release leaves it alone.
      const lastComment = operations.findLastIndex((operation) => /^(POST|PATCH) .*comments/.test(operation));
      expect(lastComment).toBeLessThan(operations.indexOf('CreateEndpoint'));
    }),
);

test.concurrent('a release whose model answers wrongly is refused, and live still answers right', () =>
  inProject(changes, async (project) => {
    const tags = ['--event', 'tag=.github/workflows/release.yml', '--event', 'tag=.github/workflows/wrong.yml'];
    const rehearsal = rehearse(project, '--event', 'push', ...tags);
    await expectEnd(rehearsal, 1, 'tag: deploy success, promote success\n');
    const output = rehearsal.output();
    expect(output).toContain('tag: deploy failure, promote skipped, still-live success');
    expect(output).toContain(answer);
    expect(output).toContain('digits-invoke:live  version 1 →');
    const [last = ''] = readResult(project, 'summary.md').split('### Rehearsal: ').slice(-1);
    expect(last).toContain('❌ digits: v0.0.0-rehearsal.2 was refused by its smoke test');
    expect(last).toContain('nothing of it was changed');
    expect(output.match(/deployment of .*/g)).toEqual([expect.stringMatching(/to production: success/)]);
  }));

test.concurrent('a release that nobody approves leaves a candidate and nothing live', () =>
  inProject(changes, async (project) => {
    const rehearsal = rehearse(project, '--event', 'push', '--event', 'tag=.github/workflows/release.yml', '--deny');
    await expectEnd(rehearsal, 1, 'tag: deploy success, promote failure');
    const output = rehearsal.output();
    expect(output).toContain('approval for production: refused by the rehearsal');
    expect(output).toContain('digits-invoke:candidate  version 1 →');
    expect(output).toContain('digits-invoke:live  nothing is live');
    expect(output).not.toContain('deployment of');
  }));
