/** Account of the local cloud; AWS gives it to nobody. A job that runs in it is a rehearsal. */
export const localAccount = '000000000000';
