// eslint-disable-next-line no-control-regex -- removing them is the point
const ansi = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-_])/g;
// eslint-disable-next-line no-control-regex -- removing them is the point
const control = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** Text that shows as it is: no ANSI sequences, no control characters but new lines and tabs, no change of direction. */
export function stripControl(text: string): string {
  return text.replaceAll(/\r\n?/g, '\n').replaceAll(ansi, '').replaceAll(control, '');
}

/** Text whose lines the runner cannot take for commands: neither `::name::` at the start of a line nor `##[name]` anywhere. */
export function disarm(text: string): string {
  return stripControl(text)
    .replaceAll('##[', '#\u200b#[')
    .replaceAll(/^([^\S\n]*):(?=:)/gm, '$1:\u200b');
}

/** At most so many characters, and a word on how many are left out. */
export function cutText(text: string, characters: number): string {
  if (text.length <= characters) return text;
  const head = text.slice(0, characters).replace(/[\uD800-\uDBFF]$/, '');
  return `${head}… (${text.length - head.length} more characters)`;
}
