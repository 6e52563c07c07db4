import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { createLog } from '../../../src/cli/rehearse/log.ts';
import { parseOptions } from '../../../src/cli/rehearse/options.ts';
import { rehearse } from '../../../src/cli/rehearse/rehearse.ts';
import { systemClock } from '../../../src/time/clock.ts';

const fails = `on: push
jobs: { one: { runs-on: x, steps: [{ run: exit 3 }] }, two: { runs-on: x, steps: [{ run: 'true' }] } }
`;
/** Asks GitHub for the run before and for its own. */
const asks = `on: pull_request
permissions: { actions: read }
jobs:
  ask:
    runs-on: x
    steps:
      - env: { TOKEN: '\${{ github.token }}' }
        run: |
          for run in 1 2; do
            curl -s -H "authorization: token $TOKEN" "$GITHUB_API_URL/repos/$GITHUB_REPOSITORY/actions/runs/$run" |
              tr ',{' '\\n\\n' | grep -E '"(status|conclusion)"' | tr '\\n' ' '
            echo "of run $run"
          done
`;

test('GitHub knows which run of a rehearsal is over, how it ended, and which goes on', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'trainyard-test-'));
  try {
    mkdirSync(join(folder, '.github/workflows'), { recursive: true });
    writeFileSync(join(folder, '.github/workflows/fails.yml'), fails);
    writeFileSync(join(folder, '.github/workflows/asks.yml'), asks);
    const workflows = ['push=.github/workflows/fails.yml', 'pull_request=.github/workflows/asks.yml'];
    const options = parseOptions(workflows.flatMap((one) => ['--event', one]));
    if (options === 'help' || 'problems' in options) throw new Error(JSON.stringify(options));
    const lines: string[] = [];
    const never = new AbortController().signal;
    await rehearse(options, {
      folder,
      productRoot: join(folder, 'product'),
      log: createLog({ write: (line) => void lines.push(line.trim()), colour: false }),
      clock: systemClock,
      startCloud: async () => ({ url: 'http://127.0.0.1:9', close: async () => undefined }),
      graces: { interruptMs: 400, terminateMs: 200 },
      cancellation: { cancel: never, kill: never, release: () => undefined },
    });
    const told = lines.filter((line) => /of run \d/.test(line)).map((line) => line.replace(/^.*?(?="status")/, ''));
    expect(told).toEqual([
      '"status":"completed" "conclusion":"failure" of run 1',
      '"status":"in_progress" "conclusion":null of run 2',
    ]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
