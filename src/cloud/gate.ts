import type { Clock } from '../time/clock.ts';
import { systemClock } from '../time/clock.ts';
import { AwsError, type FaultRule, type Gate, type JournalEntry } from './contract.ts';

/** A call that a `pause` fault holds. */
interface HeldCall {
  readonly id: string;
  readonly rule: string;
  readonly when: 'before' | 'after';
  readonly entry: JournalEntry;
}

/** A gate whose faults can be set while calls pass. */
export interface FaultGate extends Gate {
  addFault(rule: FaultRule): void;
  /** Forgets every rule; calls that are held stay held. */
  clearFaults(): void;
  /** The calls held now; waits up to `waitMs` for the first. */
  held(waitMs?: number): Promise<readonly HeldCall[]>;
  /** Lets a held call go on. False when there is none of this id. */
  release(id: string): boolean;
}

export function createGate(clock: Clock = systemClock): FaultGate {
  let rules: { rule: FaultRule; seen: number }[] = [];
  const holding = new Map<string, { call: HeldCall; release: () => void }>();
  const waiting = new Set<() => void>();
  let nextId = 1;

  function hold(entry: JournalEntry, rule: FaultRule): Promise<void> {
    return new Promise((resolve) => {
      const call = { id: String(nextId), rule: rule.id, when: rule.when, entry };
      nextId += 1;
      holding.set(call.id, { call, release: resolve });
      for (const wake of waiting) wake();
    });
  }

  function takeMatching(entry: JournalEntry, when: FaultRule['when']): FaultRule[] {
    return rules.flatMap((counted) => {
      const { rule } = counted;
      if (rule.when !== when || !matches(rule.service, entry.service) || !matches(rule.operation, entry.operation)) return [];
      counted.seen += 1;
      return rule.nth === undefined || rule.nth === counted.seen ? [rule] : [];
    });
  }

  return {
    async pass(entry, when) {
      let outcome: 'go' | 'reset' = 'go';
      for (const rule of takeMatching(entry, when)) {
        const { effect } = rule;
        if (effect.kind === 'delay') await clock.sleep(effect.ms);
        else if (effect.kind === 'pause') await hold(entry, rule);
        else if (effect.kind === 'reset') outcome = 'reset';
        else throw new AwsError(effect.code, effect.message, effect.status === undefined ? {} : { status: effect.status });
      }
      return outcome;
    },
    addFault: (rule) => void rules.push({ rule, seen: 0 }),
    clearFaults: () => void (rules = []),
    async held(waitMs = 0) {
      if (holding.size === 0 && waitMs > 0) {
        const arrived = new AbortController();
        const wake = () => arrived.abort();
        waiting.add(wake);
        await clock.sleep(waitMs, arrived.signal);
        waiting.delete(wake);
      }
      return [...holding.values()].map(({ call }) => call);
    },
    release(id) {
      const found = holding.get(id);
      holding.delete(id);
      found?.release();
      return found !== undefined;
    },
  };
}

const matches = (wanted: string, seen: string): boolean => wanted === '*' || wanted === seen;
