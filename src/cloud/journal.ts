import type { Clock } from '../time/clock.ts';
import { systemClock } from '../time/clock.ts';
import type { Journal, JournalEntry } from './contract.ts';

/** Every request to the local cloud and the local GitHub, in order of arrival. */
export function createJournal(clock: Clock = systemClock): Journal {
  const entries: JournalEntry[] = [];
  return {
    entries,
    add(entry) {
      const added = { number: entries.length + 1, at: clock.now().toISOString(), ...entry };
      entries.push(added);
      return added;
    },
  };
}
