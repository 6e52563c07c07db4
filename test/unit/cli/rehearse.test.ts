import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text as readText } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createLog } from '../../../src/cli/rehearse/log.ts';
import { parseOptions } from '../../../src/cli/rehearse/options.ts';
import { rehearse } from '../../../src/cli/rehearse/rehearse.ts';
import { readRepository } from '../../../src/cli/rehearse/repository.ts';
import { systemClock } from '../../../src/time/clock.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'trainyard-test-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

/** A tiny JavaScript action: action.yml with further lines, main and post. */
function action(name: string, runs: { inputs?: string; main: string; post?: string; postIf?: string }): Record<string, string> {
  const post = runs.post === undefined ? '' : `, post: post.mjs${runs.postIf ? `, post-if: ${runs.postIf}` : ''}`;
  return {
    [`${name}/action.yml`]: `name: ${name}\ndescription: d\n${runs.inputs ?? ''}\nruns: { using: node24, main: main.mjs${post} }\n`,
    [`${name}/main.mjs`]: runs.main,
    ...(runs.post === undefined ? {} : { [`${name}/post.mjs`]: runs.post }),
  };
}

interface Played {
  readonly lines: string[];
  readonly jobs: Record<string, string>;
  readonly comments: readonly string[];
  readonly began: boolean;
}

async function play(
  workflow: string,
  more: { args?: string[]; cloudUrl?: string; onLine?: (line: string, act: Acts) => void } = {},
): Promise<Played> {
  write({ '.github/workflows/train.yml': workflow });
  const options = parseOptions(more.args ?? []);
  if (options === 'help' || 'problems' in options) throw new Error(JSON.stringify(options));
  const lines: string[] = [];
  const [cancel, kill] = [new AbortController(), new AbortController()];
  const acts = { cancel: () => cancel.abort(), kill: () => kill.abort() };
  const log = createLog({
    write: (line) => {
      lines.push(line);
      more.onLine?.(line, acts);
    },
    colour: false,
  });
  const result = await rehearse(options, {
    folder,
    productRoot: join(folder, 'product'),
    log,
    clock: systemClock,
    startCloud: async () => ({ url: more.cloudUrl ?? 'http://127.0.0.1:9', close: async () => undefined }),
    graces: { interruptMs: 400, terminateMs: 200 },
    cancellation: { cancel: cancel.signal, kill: kill.signal, release: () => undefined },
  });
  const jobs = Object.fromEntries((result?.runs ?? []).flatMap((run) => run.jobs.map((job) => [job.id, job.result])));
  return { lines: lines.map((line) => line.trim()), jobs, comments: result?.comments ?? [], began: result !== undefined };
}
type Acts = { cancel: () => void; kill: () => void };

/** Acts once that many lines said that they are at work. */
function ready(count: number, act: (acts: Acts) => void) {
  let seen = 0;
  return (line: string, acts: Acts) => {
    if (!/(^|│) +(also )?at work$/.test(line)) return;
    seen += 1;
    if (seen === count) act(acts);
  };
}

const head = 'on: [pull_request, push]\n';
const checkout = '{ uses: actions/checkout@v6 }';

const asking = (permissions: string) => `${head}permissions: ${permissions}
jobs: { a: { runs-on: x, steps: [${checkout}, { uses: ./ask }, { run: 'echo "run oidc \${ACTIONS_ID_TOKEN_REQUEST_URL:-none}"' }] } }
`;

describe('steps', () => {
  test('pass on outputs, environment, path and summary, and read the nearest env', async () => {
    const { lines, jobs } = await play(`${head}env: { WHO: workflow, KEEP: workflow }
jobs:
  a:
    runs-on: x
    env: { WHO: job }
    outputs: { word: "\${{ steps.say.outputs.word }}" }
    steps:
      - id: say
        run: |
          { echo 'word<<END'; echo "two"; echo "lines"; echo END; } >> "$GITHUB_OUTPUT"
          echo "LATER=set" >> "$GITHUB_ENV"
          echo "/somewhere" >> "$GITHUB_PATH"
          echo "# Summary of $WHO $KEEP" >> "$GITHUB_STEP_SUMMARY"
      - run: echo "$WHO $KEEP $LATER \${PATH%%:*} $EXTRA"
        env: { WHO: step, EXTRA: "\${{ env.WHO }}" }
  b:
    needs: [a]
    runs-on: x
    steps:
      - run: print(__import__('os').environ['WORD'].upper())
        shell: python
        env: { WORD: "\${{ needs.a.outputs.word }}" }
`);
    expect(jobs).toEqual({ a: 'success', b: 'success' });
    expect(lines).toEqual(expect.arrayContaining(['step workflow set /somewhere job', 'TWO', 'LINES']));
    expect(readFileSync(join(folder, '.trainyard/rehearsal/summary.md'), 'utf8')).toBe('# Summary of job workflow\n\n');
  });

  test('that fail skip the rest but not always() and failure(), unless continue-on-error', async () => {
    const { lines, jobs } = await play(`${head}
jobs:
  a:
    runs-on: x
    steps:
      - { id: soft, run: exit 4, continue-on-error: true }
      - run: echo "\${{ steps.soft.outcome }}/\${{ steps.soft.conclusion }}"
      - { name: hard, run: exit 3 }
      - { name: next, run: echo not reached }
      - { if: failure(), run: "echo failed: \${{ job.status }}" }
      - { if: always(), run: echo always }
  b: { needs: a, runs-on: x, steps: [{ run: echo no }] }
  c: { needs: a, if: always(), runs-on: x, steps: [{ run: "echo \${{ needs.a.result }} \${{ needs.b.result }}" }] }
  d: { needs: b, if: failure(), runs-on: x, steps: [{ run: "echo \${{ needs.b.result }}" }] }
`);
    expect(jobs).toEqual({ a: 'failure', b: 'skipped', c: 'success', d: 'success' });
    expect(lines).toEqual(expect.arrayContaining(['failure/success', 'failed: failure', 'always', '○ next — skipped']));
    expect(lines.some((line) => line.startsWith('✗ exit code 3, '))).toBe(true);
    expect(lines).not.toContain('not reached');
  });

  test('a text of somebody else reaches a script as a value, never as code', async () => {
    const { lines, jobs } = await play(`${head}
jobs:
  a:
    runs-on: x
    steps:
      - run: echo "$TITLE"
        env: { TITLE: "\${{ format('{0}', '$(touch pwned); \`id\`') }}" }
      - run: test ! -e pwned
`);
    expect(jobs).toEqual({ a: 'success' });
    expect(lines).toContain('$(touch pwned); `id`');
  });

  test('that take too long fail', async () => {
    const { lines, jobs } = await play(`${head}
jobs: { a: { runs-on: x, steps: [{ name: slow, run: exec sleep 60, timeout-minutes: 0.005 }, { if: always(), run: echo after }] } }
`);
    expect(jobs).toEqual({ a: 'failure' });
    expect(lines).toContain("error: The action 'slow' has timed out after 0.005 minutes.");
    expect(lines).toContain('after');
  });

  test('a broken file command fails the step; a summary over 1 MiB is dropped with an error', async () => {
    const { lines, jobs } = await play(`${head}
jobs:
  a: { runs-on: x, steps: [{ run: 'echo nonsense >> "$GITHUB_OUTPUT"' }] }
  b: { runs-on: x, steps: [{ run: 'head -c 1048577 /dev/zero | tr "\\\\0" x > "$GITHUB_STEP_SUMMARY"' }] }
`);
    expect(jobs).toEqual({ a: 'failure', b: 'success' });
    expect(lines.join('\n')).toContain("Unable to process file command successfully. Invalid format 'nonsense'");
    expect(lines.join('\n')).toContain('supports content up to a size of 1024k, got 1025k');
    expect(existsSync(join(folder, '.trainyard/rehearsal/summary.md'))).toBe(false);
  });
});

describe('actions', () => {
  const inputs = `inputs:
  who here: { description: d }
  token: { description: d, default: "\${{ github.token }}" }
  matrix: { description: d, default: "\${{ toJSON(matrix) }}" }`;

  test('get inputs as the runner gives them, keep state for post, and posts run backwards whatever happened', async () => {
    write({
      ...action('one', {
        inputs,
        main: `import { appendFileSync } from 'node:fs';
          const { env } = process;
          console.log(['in', env['INPUT_WHO_HERE'], env.INPUT_MATRIX, env.INPUT_TOKEN.length, process.cwd() === env.GITHUB_WORKSPACE].join(' '));
          appendFileSync(env.GITHUB_STATE, 'kept=yes\\n');`,
        post: `console.log('post one', process.env.STATE_kept, process.env['INPUT_WHO_HERE']);`,
      }),
      ...action('two', { main: 'process.exitCode = 3', post: `console.log('post two')` }),
      ...action('three', { main: '', post: `console.log('post three')`, postIf: 'success()' }),
    });
    const { lines, jobs } = await play(`${head}
jobs:
  a:
    runs-on: x
    steps: [${checkout}, { uses: ./one, with: { who here: me, wrong: 1 } }, { uses: ./three }, { uses: ./two }]
`);
    expect(jobs).toEqual({ a: 'failure' });
    expect(lines).toContain('in me null 40 true');
    expect(lines).toContain("warning: Unexpected input(s) 'wrong', valid inputs are ['who here', 'token', 'matrix']");
    expect(lines.filter((line) => line.startsWith('post '))).toEqual(['post two', 'post one yes me']);
  });

  test('of this product run from the product, composite ones run their steps, unknown ones are named', async () => {
    write({
      ...action('product/actions/train-model', { main: `console.log('from the product')` }),
      'both/action.yml': `name: both
description: d
inputs: { word: { description: d, default: hello } }
outputs: { said: { description: d, value: "\${{ steps.s.outputs.x }}" } }
runs:
  using: composite
  steps:
    - { id: s, shell: bash, run: 'echo "x=$W" >> "$GITHUB_OUTPUT"', env: { W: "\${{ inputs.word }}" } }
`,
    });
    const { lines, jobs } = await play(`${head}
jobs:
  a:
    runs-on: x
    steps:
      - ${checkout}
      - uses: somebody/trainyard/actions/train-model@v1
      - { id: c, uses: ./both }
      - run: echo "composite said \${{ steps.c.outputs.said }}"
      - uses: somebody/else@v3
      - uses: ./missing
`);
    expect(jobs).toEqual({ a: 'failure' });
    expect(lines).toEqual(expect.arrayContaining(['from the product', 'composite said hello']));
    expect(lines.filter((line) => line.startsWith('warning: somebody/else@v3 was not run'))).toHaveLength(1);
    expect(lines.join('\n')).toContain("Can't find 'action.yml'");
  });

  test('a composite action that fails is forgiven by continue-on-error around it', async () => {
    write({
      'both/action.yml': `name: both
description: d
runs:
  using: composite
  steps: [{ shell: bash, run: exit 5 }, { shell: bash, run: echo not reached }, { if: failure(), shell: bash, run: echo inside failed }]
`,
    });
    const { lines, jobs } = await play(`${head}
jobs: { a: { runs-on: x, steps: [${checkout}, { id: b, uses: ./both, continue-on-error: true }, { run: "echo after \${{ steps.b.outcome }}" }] } }
`);
    expect(jobs).toEqual({ a: 'success' });
    expect(lines).toEqual(expect.arrayContaining(['inside failed', 'after failure']));
    expect(lines).not.toContain('not reached');
  });

  const asker = action('ask', {
    inputs: 'inputs: { token: { description: d, default: "${{ github.token }}" } }',
    main: `const { env } = process;
      const call = (path, method, body) => fetch(env.GITHUB_API_URL + '/repos/' + env.GITHUB_REPOSITORY + path,
        { method, body, headers: { authorization: 'token ' + env.INPUT_TOKEN } });
      const answer = await call('/issues/1/comments', 'POST', JSON.stringify({ body: 'hello' }));
      console.log('comment', answer.status, 'oidc', Boolean(env.ACTIONS_ID_TOKEN_REQUEST_URL), 'keys', Boolean(env.AWS_ACCESS_KEY_ID));
      console.log('token ' + env.INPUT_TOKEN);`,
  });
  test.each([
    ['{ pull-requests: write, id-token: write }', [], 'comment 201 oidc true keys true', ['hello']],
    ['{ contents: read }', [], 'comment 403 oidc false keys true', []],
    ['{ pull-requests: write, id-token: write }', ['--fork'], 'comment 403 oidc false keys false', []],
  ])('with permissions %s %j: %s', async (permissions, args, line, comments) => {
    write(asker);
    const played = await play(asking(permissions), { args });
    expect(played.lines).toEqual(expect.arrayContaining([line, 'token ***', 'run oidc none']));
    expect(played.comments).toEqual(comments);
  });

  test('configure-aws-credentials assumes the role with the job’s identity token', async () => {
    const asked: URLSearchParams[] = [];
    const sts = createServer((request, response) => void answer(request, response));
    const answer = async (request: IncomingMessage, response: ServerResponse) => {
      asked.push(new URLSearchParams(await readText(request)));
      const refused = asked.length > 1;
      const keys =
        '<AccessKeyId>ASIA1</AccessKeyId><SecretAccessKey>hush-hush</SecretAccessKey><SessionToken>session-1</SessionToken>';
      response.writeHead(refused ? 403 : 200).end(refused ? '<Message>Not authorized</Message>' : keys);
    };
    await new Promise<void>((resolve) => void sts.listen(0, '127.0.0.1', resolve));
    const address = sts.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const role = 'arn:aws:iam::000000000000:role/ci';
    const use = `{ uses: aws-actions/configure-aws-credentials@v5, with: { role-to-assume: '${role}', aws-region: eu-west-1 } }`;
    const { lines, jobs } = await play(
      `${head}permissions: { id-token: write }
jobs:
  a: { runs-on: x, steps: [${use}, { run: 'echo "$AWS_ACCESS_KEY_ID $AWS_SECRET_ACCESS_KEY $AWS_REGION $AWS_ENDPOINT_URL"' }] }
  b: { needs: a, runs-on: x, steps: [${use}] }
  c: { runs-on: x, permissions: {}, steps: [${use}] }
`,
      { cloudUrl: `http://127.0.0.1:${port}` },
    ).finally(() => sts.close());
    expect(jobs).toEqual({ a: 'success', b: 'failure', c: 'failure' });
    const said = lines.join('\n');
    expect(said).toContain(`ASIA1 *** eu-west-1 http://127.0.0.1:${port}`);
    expect(said).toContain('Could not assume role with OIDC: Not authorized');
    expect(said).toContain('no `permissions: id-token: write`');
    expect(asked[0]?.get('RoleArn')).toBe(role);
    const claims = JSON.parse(Buffer.from(asked[0]?.get('WebIdentityToken')?.split('.')[1] ?? '', 'base64url').toString());
    expect(claims).toMatchObject({ aud: 'sts.amazonaws.com', event_name: 'pull_request' });
  });

  test('upload-artifact copies files to where the user finds them', async () => {
    await play(`${head}
jobs:
  a:
    runs-on: x
    steps:
      - run: mkdir -p out/deep && echo 1 > out/a.txt && echo 2 > out/deep/b.txt && echo 3 > one.html
      - { uses: actions/upload-artifact@v7, with: { name: all, path: out } }
      - { uses: actions/upload-artifact@v7, with: { path: one.html, archive: false } }
`);
    const artifacts = join(folder, '.trainyard/rehearsal/artifacts');
    expect(readFileSync(join(artifacts, 'all/deep/b.txt'), 'utf8')).toBe('2\n');
    expect(readFileSync(join(artifacts, 'one.html'), 'utf8')).toBe('3\n');
  });

  test('artifacts of the same name in two runs are two; in one run the second is refused', async () => {
    const upload = '{ uses: actions/upload-artifact@v7, with: { name: all, path: a.txt } }';
    const steps = (second: string) => `on: { push: {}, pull_request: {} }
permissions: {}
jobs:
  a: { runs-on: x, steps: [{ run: 'echo "$GITHUB_EVENT_NAME" > a.txt' }, ${upload}${second}] }
`;
    expect((await play(steps(''), { args: ['--baseline'] })).jobs).toEqual({ a: 'success' });
    const artifacts = join(folder, '.trainyard/rehearsal/artifacts');
    expect(readFileSync(join(artifacts, 'all/a.txt'), 'utf8')).toBe('push\n');
    expect(readFileSync(join(artifacts, 'run-2/all/a.txt'), 'utf8')).toBe('pull_request\n');
    expect((await play(steps(`, ${upload}`))).jobs).toEqual({ a: 'failure' });
  });
});

describe('commands in the log', () => {
  test('annotate, group, mask, and stop when told', async () => {
    const { lines } = await play(`${head}
jobs:
  a:
    runs-on: x
    steps:
      - run: |
          echo "::add-mask::hunter2"
          echo "::error file=train.py,line=3,title=Bad::value hunter2"
          echo "::group::inside"; echo "it is hunter2"; echo "::endgroup::"
          echo "::stop-commands::9Tok-1"; echo "::error::plain"; echo "::9Tok-1::"
          echo "::warning::again"
`);
    expect(lines).toEqual(
      expect.arrayContaining(['error: Bad: value *** (train.py:3)', '▾ inside', 'it is ***', '::error::plain', 'warning: again']),
    );
    expect(lines.filter((line) => line.includes('hunter2') && !line.includes('echo'))).toEqual([]);
  });
});

describe('cancelling', () => {
  const sleeper = action('slow', {
    main: `process.on('SIGINT', () => { console.log('interrupted'); setTimeout(() => process.exit(0), 50); });
      console.log('at work'); setInterval(() => {}, 1000);`,
    post: `console.log('post of slow')`,
  });
  const workflow = `${head}
jobs:
  a:
    runs-on: x
    steps:
      - ${checkout}
      - uses: ./slow
      - run: echo not reached
      - { if: cancelled(), run: "echo cancelled \${{ job.status }}" }
  report: { needs: a, if: always(), runs-on: x, steps: [{ run: "echo needs \${{ needs.a.result }}" }] }
  never: { needs: a, runs-on: x, steps: [{ run: echo not reached }] }
`;

  test('interrupts the step, runs cancelled(), always() and post, and the jobs that always run', async () => {
    write(sleeper);
    const { lines, jobs } = await play(workflow, { onLine: (line, act) => line.trim() === 'at work' && act.cancel() });
    expect(jobs).toEqual({ a: 'cancelled', report: 'success', never: 'cancelled' });
    const told = ['interrupted', 'cancelled cancelled', 'post of slow', 'needs cancelled'];
    expect(lines.filter((line) => told.includes(line))).toEqual(told);
    expect(lines).not.toContain('not reached');
  });

  test('a step that is deaf is terminated and killed; one that always runs is left alone', async () => {
    const { lines, jobs } = await play(
      `${head}
jobs:
  deaf: { runs-on: x, steps: [{ run: "trap '' INT TERM; echo at work; while :; do sleep 0.1; done" }] }
  kept: { runs-on: x, steps: [{ if: always(), run: "echo also at work; sleep 1.2; echo kept" }] }
`,
      { onLine: ready(2, (act) => act.cancel()) },
    );
    expect(jobs).toEqual({ deaf: 'cancelled', kept: 'cancelled' });
    expect(lines.some((line) => line.endsWith('kept'))).toBe(true);
  });

  test('the second time ends everything, also what left its group, and runs nothing more', async () => {
    write(sleeper);
    const { lines, jobs } = await play(
      `${head}
jobs:
  a:
    runs-on: x
    steps: [${checkout}, { run: "setsid sleep 321 > /dev/null 2>&1 & echo left" }, { uses: ./slow }, { if: always(), run: echo not reached }]
`,
      {
        onLine: (line, act) => {
          if (line.trim() === 'at work') act.cancel();
          if (line.trim() === 'interrupted') act.kill();
        },
      },
    );
    expect(jobs).toEqual({ a: 'cancelled' });
    expect(lines).not.toContain('not reached');
    expect(lines).not.toContain('post of slow');
    expect(execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' })).not.toContain('sleep 321');
  });
});

describe('what is rehearsed', () => {
  test('a matrix runs every leg, and fail-fast ends the others', async () => {
    const { lines, jobs } = await play(`${head}
jobs:
  a:
    runs-on: x
    strategy: { matrix: { n: [1, 2] } }
    steps: [{ run: "echo leg \${{ matrix.n }} of \${{ strategy.job-total }}" }]
  b:
    runs-on: x
    strategy: { matrix: { bad: [true, false] } }
    steps: [{ run: "if \${{ matrix.bad }}; then exit 1; fi; exec sleep 30" }]
`);
    expect(jobs).toEqual({ a: 'success', b: 'failure' });
    const legs = lines.map((line) => line.replace(/^.*│ */, '')).filter((line) => line.startsWith('leg '));
    expect(legs.sort()).toEqual(['leg 1 of 2', 'leg 2 of 2']);
  });

  test('events come in the order given; an event the workflow does not know ends the rehearsal', async () => {
    const workflow = `on: { pull_request: , push: { branches: [main] } }\njobs: { a: { runs-on: x, steps: [{ run: "echo $GITHUB_EVENT_NAME $GITHUB_REF $GITHUB_RUN_ID" }] } }\n`;
    const { lines } = await play(workflow, { args: ['--baseline'] });
    expect(lines.filter((line) => /^(push|pull_request) refs/.test(line))).toEqual([
      'push refs/heads/main 1',
      'pull_request refs/pull/1/merge 2',
    ]);
    const refused = await play('on: push\njobs: { a: { runs-on: x, steps: [{ run: echo }] } }\n');
    expect(refused.began).toBe(false);
    expect(refused.lines.join('\n')).toContain('cannot be rehearsed for pull_request: it runs on push');
  });

  test('nothing is left in the temporary folder', async () => {
    const { lines } = await play(`${head}jobs: { a: { runs-on: x, steps: [{ run: 'echo "$RUNNER_TEMP"' }] } }\n`);
    const temp = lines.find((line) => line.includes('trainyard-rehearsal-') && line.endsWith('_temp')) ?? '';
    expect(temp).not.toBe('');
    expect(existsSync(temp)).toBe(false);
  });
});

const spec = (data: string, more = '') => `name: dogs
bucket: dogs-bucket
roles: { training: 'arn:aws:iam::000000000000:role/t' }
code: { directory: dogs, entry-point: train.py }
image: scikit-learn-1.4-2
data: { training: { from: '${data}', to: 's3://dogs-bucket/data' } }
train: { max-runtime: 5m, runs: { single: { instance-type: ml.m5.xlarge } } }
${more}`;

describe('the spec', () => {
  const workflow = `${head}
env: { SPEC: "\${{ vars.TRAINYARD_SPEC || 'trainyard.yml' }}", OVER: "\${{ vars.TRAINYARD_ENVIRONMENT || 'nothing' }}" }
jobs: { a: { runs-on: x, steps: [{ run: 'echo "$SPEC with $OVER from \${TRAINYARD_DOWNLOAD_URL:-the internet}"' }] } }
`;
  const overlay = 'environments: { rehearsal: { hyperparameters: { epochs: 1 } }, other: { bucket: other-bucket } }\n';
  const address = 'https://data.example.com/all/dogs.zip';
  const dogs = ['--spec', 'dogs/spec.yml'];

  test('that is chosen reaches the workflow with its environment for rehearsals, and its data is played by a file beside it', async () => {
    write({ 'dogs/spec.yml': spec(address, overlay), 'dogs/rehearsal/dogs.zip': 'PK' });
    const { lines, jobs } = await play(workflow, { args: dogs });
    expect(jobs).toEqual({ a: 'success' });
    const said = lines.join('\n');
    expect(said).toMatch(/^dogs\/spec\.yml with rehearsal from http:\/\/127\.0\.0\.1:\d+$/m);
    expect(said).toContain('dogs/spec.yml (vars.TRAINYARD_SPEC) with its environment rehearsal (vars.TRAINYARD_ENVIRONMENT)');
    expect(said).toContain('dogs.zip is played by dogs/rehearsal/dogs.zip');
  });

  test('has the environment that a variable names, and the internet where no file plays its data', async () => {
    write({ 'dogs/spec.yml': spec(address, overlay) });
    const chosen = await play(workflow, { args: [...dogs, '--variable', 'TRAINYARD_ENVIRONMENT=other'] });
    expect(chosen.lines).toContain('dogs/spec.yml with other from the internet');
    expect(chosen.lines.join('\n')).toContain('data.example.com/all/dogs.zip, from the internet');
  });

  test('without such an environment is taken as it is', async () => {
    write({ 'trainyard.yml': spec('s3://dogs-bucket/there').replace(", to: 's3://dogs-bucket/data'", '') });
    expect((await play(workflow)).lines).toContain('trainyard.yml with nothing from the internet');
  });
});

const git = (...args: string[]) =>
  execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@localhost', ...args], { cwd: folder, encoding: 'utf8' });

const commit = (message: string) => {
  write({ [`${message}.txt`]: message });
  git('add', '-A');
  git('commit', '-qm', message);
  return git('rev-parse', 'HEAD').trim();
};

describe('the git repository', () => {
  test('gives commits, branch and base; what is not committed is said; ignored files are not checked out', async () => {
    git('init', '-qb', 'main');
    write({ '.gitignore': 'secret.txt\n' });
    const base = commit('one');
    git('switch', '-qc', 'topic');
    commit('two');
    const tip = commit('three');
    write({ 'secret.txt': 'x', 'new.txt': 'x' });
    const { lines } = await play(`${head}
jobs:
  a:
    runs-on: x
    steps:
      - ${checkout}
      - run: 'ls *.txt | xargs; jq -r ".pull_request | .head.sha, .base.sha, .head.ref" "$GITHUB_EVENT_PATH" 2>/dev/null || grep -o "\\"sha\\": \\"[^\\"]*" "$GITHUB_EVENT_PATH"'
`);
    expect(lines).toContain('new.txt one.txt three.txt two.txt');
    expect(lines.filter((line) => line.includes(base))).toHaveLength(1);
    expect(lines.some((line) => line.includes(tip))).toBe(true);
    expect(lines.join('\n')).toContain('uncommitted changes in the working tree');
    expect(git('status', '--porcelain')).not.toContain('.trainyard');
  });

  test('on the default branch the base is the commit before', async () => {
    git('init', '-qb', 'main');
    const base = commit('one');
    commit('two');
    expect(await readRepository(folder)).toMatchObject({
      base,
      branch: 'rehearsal',
      defaultBranch: 'main',
      changed: ['two.txt'],
    });
  });
});
