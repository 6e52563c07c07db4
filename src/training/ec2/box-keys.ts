const part = (number: number) => String(number).padStart(8, '0');

/** Where the objects of a run on EC2 lie below its zone. */
export function boxKeys(name: string) {
  const prefix = `jobs/${name}/`;
  return {
    /** With a slash at the end. */
    prefix,
    status: `${prefix}box/status.json`,
    /** @param number from 1 */
    log: (number: number) => `${prefix}box/log/${part(number)}.txt`,
    /** With a slash at the end; its parts are named like those of the log, `.jsonl`. */
    samples: `${prefix}box/samples/`,
    model: `${prefix}output/model.tar.gz`,
  };
}
