/**
 * Gives the hosts of each job loopback addresses of their own, 127.x.y.z: ports do not clash, and a script binds and connects as it would
 * between machines. `x` is drawn from the process, so that two clouds on one machine seldom meet. The last part starts at 101, so that
 * the order of names is the order of numbers.
 */
export function createAddresses(processId: number): (count: number) => string[] {
  let jobs = 0;
  return (count) => {
    const job = jobs++ % 254;
    return Array.from({ length: count }, (_, index) => `127.${1 + (processId % 254)}.${1 + job}.${101 + index}`);
  };
}
