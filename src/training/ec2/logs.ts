import { ActionError } from '../../action-error.ts';
import type { ObjectStore } from '../../records/ports.ts';
import type { Clock } from '../../time/clock.ts';
import type { JobLogs, LogLine } from '../ports.ts';
import { boxKeys } from './box-keys.ts';

interface BoxLogOptions {
  readonly objects: Pick<ObjectStore, 'readText'>;
  /** s3:// URI of the trust zone, with a slash at the end. */
  readonly zone: string;
  readonly clock: Clock;
}

/** Of one look: a follower comes again. */
const mostParts = 50;

/** The log of runs on EC2: its parts in order, each as soon as it is there. */
export function createBoxLogs({ objects, zone, clock }: BoxLogOptions): JobLogs {
  return {
    open(name) {
      const keys = boxKeys(name);
      let read = 0;
      return {
        async next() {
          const lines: LogLine[] = [];
          const at = clock.now();
          for (let count = 0; count < mostParts; count += 1) {
            const text = await readPart(`${zone}${keys.log(read + 1)}`, objects);
            if (text === undefined) break;
            read += 1;
            lines.push(...text.split(/\r?\n/).flatMap((line) => (line === '' ? [] : [{ host: 'algo-1', at, text: line }])));
          }
          return lines;
        },
      };
    },
  };
}

/** A call that fails for a while must not end the watch over a machine; the next look reads the part. */
async function readPart(uri: string, objects: BoxLogOptions['objects']): Promise<string | undefined> {
  try {
    return await objects.readText(uri);
  } catch (error) {
    if (error instanceof ActionError && error.kind === 'aws') return undefined;
    throw error;
  }
}
