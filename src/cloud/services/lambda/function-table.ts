import { randomUUID } from 'node:crypto';
import type { Clock } from '../../../time/clock.ts';
import { AwsError } from '../../contract.ts';
import { type Alias, type Deployment, type Fn, latestVersion } from './functions.ts';
import { refuseMissing, refuseMissingAlias, refuseValue } from './refusals.ts';

/** A function as a request names it: by name, whole or part of an ARN, with a qualifier in it or beside it. */
interface Target {
  readonly fn: Fn;
  /** As asked for; undefined when none was. */
  readonly qualifier: string | undefined;
}

export interface FunctionTable {
  add(fn: Fn): void;
  remove(fn: Fn): void;
  find(name: string): Fn | undefined;
  all(): Fn[];
  /** @throws ResourceNotFoundException */
  get(name: string | undefined, qualifier?: string): Target;
  /** Version or alias, or $LATEST where none is named; an alias with weights gives one of its versions by chance. */
  resolve(target: Target, random?: () => number): Deployment;
}

const reference = /^(?:(?:arn:[^:]+:lambda:)?(?:[^:]+:)?(?:\d{12}:)?function:|\d{12}:)?([\w-]+)(?::([\w$-]+))?$/;

export function createFunctionTable(clock: Clock, prefix: string): FunctionTable {
  const functions = new Map<string, Fn>();

  /** An update that has come to its end takes its place, with a revision of its own as on AWS. */
  const settle = (fn: Fn): Fn => {
    if (fn.update && fn.update.doneFrom <= clock.now()) {
      fn.latest.pool.retire();
      fn.latest = { ...fn.update.next, revision: randomUUID() };
      fn.update = undefined;
    }
    return fn;
  };

  return {
    add: (fn) => void functions.set(fn.name, fn),
    remove: (fn) => void functions.delete(fn.name),
    find: (name) => functions.get(name),
    all: () => [...functions.values()].map(settle).sort((a, b) => (a.name < b.name ? -1 : 1)),
    get: (text = '', beside) => {
      const [, name = '', inside] = reference.exec(text) ?? [];
      if (inside !== undefined && beside !== undefined && inside !== beside)
        throw refuseValue('The derived qualifier from the function name does not match the specified qualifier.');
      const qualifier = beside ?? inside;
      const fn = functions.get(name);
      if (!fn) throw refuseMissing(`${prefix}${name}${qualifier === undefined ? '' : `:${qualifier}`}`);
      return { fn: settle(fn), qualifier };
    },
    resolve: ({ fn, qualifier = latestVersion }, random = Math.random) => {
      if (qualifier === latestVersion || /^\d+$/.test(qualifier)) return getVersion(fn, qualifier);
      const found = fn.aliases.get(qualifier);
      if (!found) throw refuseMissing(`${fn.arn}:${qualifier}`);
      return getVersion(fn, pickVersion(found, random()));
    },
  };
}

function getVersion(fn: Fn, name: string): Deployment {
  const found = name === latestVersion ? fn.latest : fn.versions.get(name);
  if (!found) throw refuseMissing(`${fn.arn}:${name}`);
  return found;
}

/** @throws ResourceNotFoundException */
export function getAlias(fn: Fn, name: string): Alias {
  const found = fn.aliases.get(name);
  if (!found) throw refuseMissingAlias(`${fn.arn}:${name}`);
  return found;
}

/** @param point 0–1 */
function pickVersion({ version, weights }: Alias, point: number): string {
  let from = 0;
  for (const [other, weight] of Object.entries(weights)) {
    from += weight;
    if (point < from) return other;
  }
  return version;
}

/** A function that is not there yet or is being changed. @throws ResourceConflictException */
export function checkIdle(fn: Fn, clock: Clock): void {
  const doing = 'The operation cannot be performed at this time.';
  if (fn.createdFrom > clock.now())
    throw new AwsError('ResourceConflictException', `${doing} The function is currently in the following state: Pending`, {
      members: { Type: 'User' },
    });
  if (fn.update)
    throw new AwsError('ResourceConflictException', `${doing} An update is in progress for resource: ${fn.arn}`, {
      members: { Type: 'User' },
    });
}
