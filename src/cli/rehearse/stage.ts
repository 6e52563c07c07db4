import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Journal, VerifyWebIdentity } from '../../cloud/contract.ts';
import { createGate, type FaultGate } from '../../cloud/gate.ts';
import { type LocalGitHub, startGitHub } from '../../cloud/github/start.ts';
import type { Pull } from '../../cloud/github/state.ts';
import { createJournal } from '../../cloud/journal.ts';
import type { Clock } from '../../time/clock.ts';
import { type CloudSetup, rolesOfVariables } from './cloud-setup.ts';
import { startDownloads } from './download-server.ts';
import { mergeCommit } from './event.ts';
import { type Guard, startGuard } from './guard.ts';
import type { RehearseOptions } from './options.ts';
import type { RepositoryFacts } from './repository.ts';
import type { CloudAccess } from './run.ts';

/** Starts the local cloud; its own signature, so that a rehearsal can be tried without one. */
export type StartCloud = (options: {
  folder: string;
  weather: 'calm' | 'aws-like';
  seed: number;
  region: string;
  buckets: string[];
  roles: { arn: string; trust: string[] | object }[];
  verifyWebIdentity: VerifyWebIdentity;
  journal: Journal;
  gate: FaultGate;
}) => Promise<{ url: string; close(): Promise<void> }>;

/** What stands around the workflow runs of a rehearsal: GitHub, the cloud, the guard and a scratch folder. */
export interface Stage {
  readonly github: LocalGitHub;
  readonly cloud: CloudAccess;
  readonly guard: Guard;
  /** Of the server that plays downloads; undefined where no file plays one. */
  readonly downloadsUrl: string | undefined;
  readonly temp: string;
  /** Ends everything that was started, in reverse order, and writes the journal. */
  close(): Promise<void>;
}

export async function openStage(stage: {
  options: RehearseOptions;
  facts: RepositoryFacts;
  setup: CloudSetup;
  pull: Pull;
  results: string;
  clock: Clock;
  startCloud: StartCloud;
}): Promise<Stage> {
  const { options, facts, setup, pull, results, clock } = stage;
  const [journal, gate] = [createJournal(clock), createGate(clock)];
  for (const fault of options.faults) gate.addFault(fault);
  const closers: (() => Promise<void> | void)[] = [];
  const close = async () => {
    for (const closer of closers.toReversed()) await closer();
  };
  try {
    const temp = mkdtempSync(join(tmpdir(), 'trainyard-rehearsal-'));
    if (!options.keep) closers.push(() => rmSync(temp, { recursive: true, force: true }));
    closers.push(() => writeFileSync(join(results, 'journal.json'), `${JSON.stringify(journal.entries, null, 2)}\n`));
    const guard = startGuard();
    closers.push(() => guard.close());
    const github = await startGitHub({
      journal,
      gate,
      clock,
      repository: { owner: facts.owner, name: facts.name, id: 1_000_001, ownerId: 1_001, defaultBranch: facts.defaultBranch },
      seed: {
        commits: [...facts.commits, mergeCommit(facts)],
        branches: { [facts.defaultBranch]: facts.base, [facts.branch]: facts.head },
        pulls: [pull],
      },
    });
    closers.push(() => github.close());
    const isPlayed = setup.downloads.some(({ file }) => file !== undefined);
    const downloads = isPlayed ? await startDownloads(facts.root, setup.downloads) : undefined;
    closers.push(() => downloads?.close());
    const cloud = await stage.startCloud({
      folder: join(temp, 'cloud'),
      weather: options.weather,
      seed: options.seed,
      region: setup.region,
      buckets: setup.buckets,
      roles: [...setup.roles, ...rolesOfVariables(options.variables, facts)],
      verifyWebIdentity: github.verifyWebIdentity,
      journal,
      gate,
    });
    closers.push(
      () => cloud.close(),
      () => releaseAll(gate),
    );
    return { github, cloud: accessTo(cloud.url, setup.region), guard, downloadsUrl: downloads?.url, temp, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Keys that the local cloud did not mint are its root's, whatever they are. */
function accessTo(url: string, region: string): CloudAccess {
  return { url, region, accessKeyId: 'LOCALCLOUD0000000001', secretAccessKey: 'the-local-cloud-takes-any' };
}

/** Lets go what a fault still holds, so that nothing waits for a rehearsal that is over. */
async function releaseAll(gate: FaultGate): Promise<void> {
  gate.clearFaults();
  for (const { id } of await gate.held()) gate.release(id);
}

/** `.trainyard/rehearsal`, empty, in a folder that git never sees. */
export function prepareResults(root: string): string {
  const results = join(root, '.trainyard', 'rehearsal');
  rmSync(results, { recursive: true, force: true });
  mkdirSync(results, { recursive: true });
  writeFileSync(join(root, '.trainyard', '.gitignore'), '*\n');
  return results;
}
