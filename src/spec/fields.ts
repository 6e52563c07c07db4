import { z } from 'zod';
import { durationPattern } from './duration.ts';

// Every `error` text says what is allowed; the reader of the file puts what was seen in front of it.

export function text(allowed: string, pattern: RegExp): z.ZodString {
  return z.string({ error: allowed }).regex(pattern, { error: allowed });
}

export function wholeNumber(min: number, max: number, unit = ''): z.ZodNumber {
  const error = `a whole number${unit && ` of ${unit}`} from ${min} to ${max}`;
  return z.number({ error }).int({ error }).min(min, { error }).max(max, { error });
}

export function duration(): z.ZodString {
  return text('a duration such as 90s, 30m, 2h or 1d', durationPattern);
}

export function oneOf<const T extends readonly string[]>(values: T): z.ZodEnum<{ [K in T[number]]: K }> {
  return z.enum(values, { error: `one of ${values.join(', ')}` });
}

export const flag = z.boolean({ error: 'true or false' });

export const usd = z.number({ error: 'an amount in USD above 0' }).positive({ error: 'an amount in USD above 0' });

/** A map with fixed keys. */
export function map<T extends z.core.$ZodLooseShape>(shape: T): z.ZodObject<T, z.core.$strict> {
  return z.strictObject(shape, {
    error: (issue) => (issue.code === 'invalid_type' ? `a map with the keys ${Object.keys(shape).join(', ')}` : undefined),
  });
}

/** A map whose keys the writer chooses. */
export function named<T extends z.core.$ZodType>(
  key: z.ZodString,
  value: T,
  most: number,
  what: string,
): z.ZodRecord<z.ZodString, T> {
  return z
    .record(key, value, { error: `a map of ${what}` })
    .refine((entries) => Object.keys(entries).length <= most, { error: `at most ${most} ${what}` })
    .meta({ maxProperties: most });
}

/** A list of one value at least. */
export function list<T extends z.core.$ZodType>(item: T, most: number, what: string): z.ZodArray<T> {
  const error = `a list of 1 to ${most} ${what}`;
  return z.array(item, { error }).min(1, { error }).max(most, { error });
}

/** A path inside the repository: relative, with `/`, and without a way out. */
export const repositoryPath = text(
  'a path inside the repository: relative, with /, without .. in it',
  // eslint-disable-next-line no-control-regex -- a control character in a path is what this keeps out
  /^(?![/~])(?!(?:.*\/)?\.\.(?:\/|$))[^\\\u0000-\u001f]{1,500}$/,
);

const bucketName = String.raw`(?!xn--|sthree-|amzn-s3-demo-)(?!\d+\.\d+\.\d+\.\d+(?:/|$))[a-z0-9](?:[a-z0-9-]|\.(?!\.)){1,61}[a-z0-9](?<!-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3)`;

export const bucket = text(
  'an S3 bucket name: 3 to 63 of a-z, 0-9, - and ., beginning and ending with a letter or digit, no IP address and no reserved prefix or suffix',
  new RegExp(`^${bucketName}$`),
);

export const s3UriPattern = new RegExp(`^s3://${bucketName}(?:/[^\\u0000-\\u001f]{0,900})?$`);

export const roleArn = text(
  'the ARN of an IAM role: arn:aws:iam::<12 digits>:role/<name>',
  /^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]{1,512}$/,
);

/** Anything that has a spelling: it reaches the script as written. */
export const verbatim = z.union([z.string(), z.number(), z.boolean(), z.array(z.json()), z.record(z.string(), z.json())], {
  error: 'a text, a number, true, false, a list or a map',
});

export const environmentVariables = named(
  text('a name of letters, digits and _, not beginning with a digit, of at most 512', /^[A-Za-z_][A-Za-z0-9_]{0,511}$/),
  z.union([z.string().max(512), z.number(), z.boolean()], { error: 'a text of at most 512 characters' }),
  100,
  'environment variables',
);
