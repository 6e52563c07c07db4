import type { Clock } from '../time/clock.ts';
import { systemClock } from '../time/clock.ts';
import type { Journal, JournalEntry } from './contract.ts';

/** More than any test makes; a cloud that runs for days must not fill the memory with its past. */
const maxEntries = 100_000;

/** Every request to the local cloud and the local GitHub, in order of arrival; the last hundred thousand of them. */
export function createJournal(clock: Clock = systemClock): Journal {
  const entries: JournalEntry[] = [];
  let count = 0;
  return {
    entries,
    add(entry) {
      count += 1;
      const added = { number: count, at: clock.now().toISOString(), ...entry };
      entries.push(added);
      if (entries.length > maxEntries) entries.splice(0, maxEntries / 10);
      return added;
    },
  };
}
