/** `learning-rate 0.031234, batch-size 64`: long fractions are cut for the eye; the record has them whole. */
export function describeValues(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name} ${/^-?\d*\.\d{6,}$/.test(value) ? String(Number(Number(value).toPrecision(5))) : value}`)
    .join(', ');
}

/** A value as the spec means it: a number of a numeric range, a number or true/false of a list, else the text (`032` is one). */
export function toTypedValue(
  text: string,
  kind: 'continuous' | 'integer' | 'categorical' | undefined,
): number | boolean | string {
  if (/^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(text) && Number.isFinite(Number(text))) return Number(text);
  if (kind === 'categorical' && (text === 'true' || text === 'false')) return text === 'true';
  return text;
}
