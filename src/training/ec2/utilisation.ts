import type { ObjectStore } from '../../records/ports.ts';
import type { Clock } from '../../time/clock.ts';
import { waitFor } from '../../time/wait-for.ts';
import type { JobUtilisation } from '../ports.ts';
import { boxKeys } from './box-keys.ts';
import { parseSamples, summariseSamples } from './samples.ts';

interface BoxUtilisationOptions {
  readonly objects: Pick<ObjectStore, 'readText' | 'list'>;
  /** s3:// URI of the trust zone, with a slash at the end. */
  readonly zone: string;
  readonly clock: Clock;
}

/** A sample has about 60 bytes, so this is weeks of them; what a script writes there must not fill the runner's memory. */
const mostParts = 5_000;
const mostBytes = 64 * 2 ** 20;

/** How busy machines of EC2 were, from the samples that the program on them wrote. They are there when the machine has ended. */
export function createBoxUtilisation({ objects, zone, clock }: BoxUtilisationOptions): JobUtilisation {
  async function readAll(name: string): Promise<string> {
    const prefix = `${zone}${boxKeys(name).samples}`;
    const listed = await objects.list(prefix);
    const parts = listed.filter(({ uri }) => /^\d{8}\.jsonl$/.test(uri.slice(prefix.length))).slice(0, mostParts);
    const texts: string[] = [];
    let bytes = 0;
    for (const part of parts) {
      bytes += part.bytes;
      if (bytes > mostBytes) break;
      texts.push((await objects.readText(part.uri)) ?? '');
    }
    return texts.join('\n');
  }
  return {
    async read({ name, from, until, patienceSeconds, trainingStarts = [from] }) {
      const look = async () => summariseSamples(parseSamples(await readAll(name)), { from, until, trainingStarts });
      const waited = await waitFor({
        look,
        judge: (seen, elapsedMs) => (seen.coverage === 'complete' || elapsedMs >= patienceSeconds * 1000 ? seen : undefined),
        limitMs: patienceSeconds * 1000,
        clock,
      });
      return waited.outcome === 'reached' ? waited.result : look();
    },
  };
}
