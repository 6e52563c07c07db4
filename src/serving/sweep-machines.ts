import { jobTag, outlivesTag } from '../training/ec2/jobs.ts';
import { expiresTag } from './ownership.ts';
import type { Inventory, SweptMachine } from './sweep-inventory.ts';
import { hasExpired } from './sweep-protect.ts';
import { keep, type Kept, removal, type SweepStep } from './sweep-step.ts';

/** A machine ends itself at its time; one that still stands has lost its clock, or the workflow run that watched it. */
export function planMachines(inventory: Inventory, kept: Kept[]): SweepStep[] {
  return (inventory.machines ?? []).flatMap((machine) => {
    const why = whyMachineGoes(machine, inventory);
    return why === undefined
      ? keep(kept, 'machine', machine.name, describeStay(machine))
      : [removal('machine', machine.name, why, [])];
  });
}

function whyMachineGoes({ tags }: SweptMachine, { endedRuns, now }: Inventory): string | undefined {
  if (hasExpired({ tags }, now)) return `its run expired at ${tags[expiresTag]}`;
  const run = tags['trainyard:run'] ?? '';
  // One that was handed over (`wait: false`) works on without its workflow run.
  if (!endedRuns.has(run) || tags[outlivesTag] === 'true') return undefined;
  return `the workflow run ${run} that watched it is over`;
}

function describeStay({ tags }: SweptMachine): string {
  return `it trains ${tags[jobTag] ?? 'a run'} until ${tags[expiresTag] ?? 'it ends itself'} at the latest`;
}
