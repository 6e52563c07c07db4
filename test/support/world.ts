import { expect } from '@jest/globals';
import type { RunRecord } from '../../src/records/record.ts';
import { createProject, type Job, type JobOptions, type Project, type ProjectChanges, startJob } from './job.ts';
import { type CloudProcessOptions, type LocalCloud, startLocalCloud } from './local-cloud.ts';
import { processesUsing } from './processes.ts';

/** Every scenario holds in both. */
export const weathers = ['calm', 'aws-like'] as const;
type Weather = (typeof weathers)[number];

export interface World {
  readonly cloud: LocalCloud;
  readonly project: (changes?: ProjectChanges) => Project;
  /** A job of a new workflow run, the first of which is 9001; without a project it has one of its own. */
  readonly job: (options?: Partial<Omit<JobOptions, 'cloud'>>) => Job;
  readonly recordsOf: (runId: string) => Promise<RunRecord[]>;
  /** How often AWS or GitHub was asked for this and agreed. */
  readonly count: (operation: string) => Promise<number>;
}

/**
 * A scenario's own AWS and GitHub, so that scenarios can run side by side. Whatever happened, at its end no process may be left and
 * no request may have been one that AWS's own model forbids.
 */
export async function inWorld(
  weather: Weather,
  options: Partial<Omit<CloudProcessOptions, 'folder' | 'weather'>>,
  act: (world: World) => Promise<void>,
): Promise<void> {
  const cloud = await startLocalCloud({ ...options, weather });
  const opened: { remove(): void }[] = [];
  const keep = <T extends { remove(): void }>(thing: T): T => {
    opened.push(thing);
    return thing;
  };
  let runs = 9000;
  const project = (changes?: ProjectChanges) => keep(createProject(changes));
  try {
    await act({
      cloud,
      project,
      job: (more = {}) => {
        runs += 1;
        return keep(startJob({ cloud, runId: String(runs), project: more.project ?? project(), ...more }));
      },
      recordsOf: async (runId) => (await cloud.records()).filter((record) => record.workflow.runId === runId),
      count: async (operation) =>
        (await cloud.journal()).filter((entry) => entry.operation === operation && (entry.status ?? 500) < 300).length,
    });
    expect((await cloud.journal()).filter(({ illegal }) => illegal?.length)).toEqual([]);
  } finally {
    await cloud.close();
    for (const thing of opened) thing.remove();
  }
  expect(processesUsing(cloud.folder)).toEqual([]);
}
