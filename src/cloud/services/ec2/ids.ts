import { createHash, randomBytes } from 'node:crypto';

/** An id of a new resource: `i-0` and 16 hexadecimal digits. */
export const makeId = (kind: string) => `${kind}-0${randomBytes(8).toString('hex')}`;

/** The id of something that is always there: the same for the same name. */
export const idOf = (kind: string, name: string) => `${kind}-0${createHash('sha256').update(name).digest('hex').slice(0, 16)}`;
