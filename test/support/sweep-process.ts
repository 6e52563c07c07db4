/**
 * A sweep of clean-up that waits for what is busy no longer than a test can: all else is the action's own, its AWS and its GitHub
 * included. Run as `node sweep-process.ts <options as JSON>`; its log is its output, the last line of which is the step's outputs.
 */
import { readFileSync } from 'node:fs';
import { run } from '../../src/actions/clean-up/run.ts';
import { wireSweep } from '../../src/actions/clean-up/wire.ts';
import { createClients } from '../../src/aws/clients.ts';
import { createLog } from '../../src/runner/log.ts';
import { readSpec } from '../../src/spec/read.ts';
import { systemClock as clock } from '../../src/time/clock.ts';
import { headCommit, repository } from './facts.ts';

interface Options {
  readonly specPath: string;
  readonly patienceMs: number;
  readonly github: { readonly token: string; readonly apiUrl: string };
}

const { specPath, patienceMs, github } = JSON.parse(process.argv[2] ?? '') as Options;
const spec = await readSpec('trainyard.yml', { text: readFileSync(specPath, 'utf8') });
const region = 'us-east-1';
const context = {
  repository: { ...repository, id: String(repository.id) },
  serverUrl: 'https://github.com',
  event: 'schedule',
  commit: headCommit,
  ref: 'refs/heads/main',
  defaultBranch: 'main',
  actor: 'octocat',
  workflow: { name: 'clean-up', runId: '1', attempt: 1, job: 'clean-up', step: '__self', matrix: 'null' },
};
const outputs: Record<string, string> = {};
const step = {
  output: (name: string, value: string) => void (outputs[name] = value),
  summary: async () => undefined,
  saveState: () => undefined,
  readState: () => undefined,
};
const clients = createClients({ region, sessionName: 'sweep', clock });
const deps = wireSweep({ spec, clients, region, context, step, log: createLog(), clock }, github);
await run(spec, { dryRun: false }, { ...deps, patienceMs });
process.stdout.write(`${JSON.stringify(outputs)}\n`);
