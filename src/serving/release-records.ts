import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { RunContext, Zone } from '../records/context.ts';
import { zoneUri } from '../records/keys.ts';
import type { ObjectStore } from '../records/ports.ts';
import type { Spec } from '../spec/spec.ts';
import { releaseRecord, type ReleaseRecord } from './record.ts';

/** Whatever ref a release comes from: only the deploy role may write here, so what lies here can be trusted. */
export const releaseZone: Zone = { kind: 'release' };

/** Key of a record below its zone. One object a step, so that steps of different jobs never overwrite each other. */
function releaseRecordKey(record: ReleaseRecord): string {
  const alias = record.kind === 'smoke' ? `-${record.alias.replaceAll(/[^\w-]/g, '_')}` : '';
  return `deployments/${record.runId}/${record.kind}${alias}.json`;
}

/** What every record of a release says about where it comes from. */
export function getRecordBasis(from: { context: RunContext; spec: Spec; rehearsal: boolean; release: string; at: Date }) {
  const { context, spec } = from;
  return {
    schema: 1 as const,
    rehearsal: from.rehearsal,
    repository: { id: context.repository.id, name: `${context.repository.owner}/${context.repository.name}` },
    commit: context.commit,
    ref: context.ref,
    runId: context.workflow.runId,
    attempt: context.workflow.attempt,
    spec: {
      name: spec.name,
      path: spec.path,
      ...(spec.environmentName === undefined ? {} : { environment: spec.environmentName }),
    },
    at: from.at.toISOString(),
    release: from.release,
  };
}

/** Writes what one step of a release did: a copy on the runner first, then the object in the release zone. */
export interface ReleaseRecords {
  write(record: ReleaseRecord): Promise<void>;
}

/** @param folder for the local copies, `$RUNNER_TEMP/trainyard` */
export function createReleaseRecords(place: { objects: ObjectStore; bucket: string; folder: string }): ReleaseRecords {
  return {
    async write(record) {
      const key = releaseRecordKey(record);
      const text = `${JSON.stringify(releaseRecord.parse(record), null, 2)}\n`;
      const copy = join(place.folder, key);
      await mkdir(dirname(copy), { recursive: true });
      await writeFile(copy, text);
      await place.objects.writeText(`${zoneUri(place.bucket, releaseZone)}${key}`, text, 'application/json');
    },
  };
}
