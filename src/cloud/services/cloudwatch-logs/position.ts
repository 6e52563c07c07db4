import { AwsError } from '../../contract.ts';
import type { LogEvent } from './store.ts';

/** A place between two events: after the event of this timestamp and sequence (forward), or before it (backward). */
export interface Position {
  readonly direction: 'f' | 'b';
  readonly timestamp: number;
  readonly sequence: number;
}

/** Tokens look as AWS's do: `f/<56 digits>/s`. */
export function formatToken(position: Position): string {
  return `${position.direction}/${String(position.timestamp).padStart(28, '0')}${String(position.sequence).padStart(28, '0')}/s`;
}

/** @throws InvalidParameterException */
export function parseToken(token: string): Position {
  const found = /^([fb])\/(\d{28})(\d{28})\/s$/.exec(token);
  if (!found) throw new AwsError('InvalidParameterException', 'The specified nextToken is invalid.');
  return { direction: found[1] === 'b' ? 'b' : 'f', timestamp: Number(found[2]), sequence: Number(found[3]) };
}

/** Less than 0: the event lies before the position. */
export function comparePosition(event: LogEvent, position: Pick<Position, 'timestamp' | 'sequence'>): number {
  return event.timestamp - position.timestamp || event.sequence - position.sequence;
}
