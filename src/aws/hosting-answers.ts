import { ActionError } from '../action-error.ts';
import type { Clock } from '../time/clock.ts';
import { findCode, isNotFound } from './errors.ts';

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** "Cannot create already existing endpoint …": the name is taken, perhaps by our own call whose answer was lost. */
export function isTaken(error: unknown): boolean {
  return findCode(error) === 'ValidationException' && /cannot create already existing/i.test(textOf(error));
}

/** An endpoint that is Creating or Updating: AWS lets nobody change or delete it. */
export function isBusy(error: unknown): boolean {
  return (
    findCode(error) === 'ValidationException' && /in-progress endpoint|cannot (?:update|delete)|currently/i.test(textOf(error))
  );
}

/** How long something that was made may take to be seen by the call that names it: reads lag behind writes. */
const seenMs = 60_000;

/** Sends again while AWS does not find the model or configuration that was made a moment ago. */
export async function whenSeen<Answer>(send: () => Promise<Answer>, clock: Clock): Promise<Answer> {
  const deadline = clock.now().getTime() + seenMs;
  for (;;) {
    try {
      return await send();
    } catch (error) {
      const unseen = findCode(error) === 'ValidationException' && /^could not find (?:model|endpoint conf)/i.test(textOf(error));
      if (!unseen || clock.now().getTime() >= deadline) throw error;
      await clock.sleep(2_000);
    }
  }
}

/** The answer, or undefined for what is not there. */
export async function orMissing<Answer>(send: () => Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await send();
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

export async function deletion(send: () => Promise<unknown>): Promise<'deleted' | 'missing'> {
  return orMissing(async () => {
    await send();
    return 'deleted' as const;
  }).then((outcome) => outcome ?? 'missing');
}

/** Every item over all pages. */
export async function listPages<Item>(
  read: (token: string | undefined) => Promise<{ found: Item[]; next: string | undefined }>,
): Promise<Item[]> {
  const items: Item[] = [];
  let token: string | undefined;
  do {
    const { found, next } = await read(token);
    items.push(...found);
    token = next;
  } while (token !== undefined);
  return items;
}

/** What every description of AWS has. */
export function needCreated(created: Date | undefined, name: string): Date {
  if (created !== undefined) return created;
  throw new ActionError({ kind: 'aws', message: `AWS described ${name} without its creation time.`, fix: 'Re-run this job.' });
}
