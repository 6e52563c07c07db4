import { styleText } from 'node:util';

type Level = 'error' | 'warning' | 'notice';

export interface Annotation {
  readonly job: string;
  readonly level: Level;
  readonly message: string;
  readonly title?: string;
  readonly file?: string;
  readonly line?: string;
}

/** The log of a rehearsal. Every text goes through the masks; the lines of jobs that run at the same time carry the job's name. */
export interface Log {
  readonly annotations: readonly Annotation[];
  /** A line of the rehearsal itself. */
  say(text?: string): void;
  warn(text: string): void;
  bad(text: string): void;
  mask(secret: string): void;
  openJob(name: string): JobLog;
}

export interface JobLog {
  /** The start of a step. */
  step(title: string): void;
  /** A line of a step's output. */
  line(text: string): void;
  /** A line about the step that the rehearsal adds. */
  aside(text: string): void;
  group(title: string): void;
  endGroup(): void;
  annotate(annotation: Omit<Annotation, 'job'>): void;
  done(mark: 'ok' | 'failed' | 'skipped', text: string): void;
  close(mark: 'ok' | 'failed' | 'skipped', text: string): void;
}

type Style = Parameters<typeof styleText>[0];
const marks = { ok: ['green', '✓'], failed: ['red', '✗'], skipped: ['dim', '○'] } as const;
const levelStyles = { error: 'red', warning: 'yellow', notice: 'cyan' } as const;

export function createLog(options: { write: (line: string) => void; colour: boolean }): Log {
  const masks = new Set<string>();
  const annotations: Annotation[] = [];
  let open = 0;
  const paint = (style: Style, text: string) => (options.colour ? styleText(style, text, { validateStream: false }) : text);
  const put = (text: string) => options.write(hide(text, masks));

  const openJob = (name: string): JobLog => {
    open += 1;
    let depth = 0;
    let several = open > 1;
    const print = (text: string) => {
      several ||= open > 1;
      for (const line of text.split('\n')) put(several ? `${paint('dim', `${name} │`)} ${line}` : line);
    };
    const indent = () => '  '.repeat(2 + depth);
    const printIndented = (text: string, style?: Style) => {
      for (const line of text.split('\n')) print(`${indent()}${style ? paint(style, line) : line}`);
    };
    print(paint('bold', name));
    return {
      step: (title) => print(`  ${paint('bold', `▸ ${title}`)}`),
      line: (text) => printIndented(clean(text)),
      aside: (text) => printIndented(text, 'dim'),
      group: (title) => {
        print(`${indent()}${paint('bold', `▾ ${clean(title)}`)}`);
        depth = 1;
      },
      endGroup: () => {
        depth = 0;
      },
      annotate: (annotation) => {
        annotations.push({ job: name, ...annotation, message: hide(annotation.message, masks) });
        printIndented(clean(describeAnnotation(annotation)), levelStyles[annotation.level]);
      },
      done: (mark, text) => {
        depth = 0;
        print(`  ${paint(marks[mark][0], marks[mark][1])} ${paint('dim', text)}`);
      },
      close: (mark, text) => {
        print(`${paint(marks[mark][0], marks[mark][1])} ${paint('bold', name)} ${text}`);
        open -= 1;
      },
    };
  };

  return {
    annotations,
    say: (text = '') => put(text),
    warn: (text) => put(`${paint('yellow', 'warning:')} ${text}`),
    bad: (text) => put(`${paint('red', 'error:')} ${text}`),
    mask: (secret) => {
      for (const line of secret.split(/\r?\n/)) if (line.trim().length > 2) masks.add(line.trim());
    },
    openJob,
  };
}

/** `error: title: message (file:line)`. */
export function describeAnnotation(annotation: Omit<Annotation, 'job'>): string {
  const where = annotation.file ? ` (${annotation.file}${annotation.line ? `:${annotation.line}` : ''})` : '';
  return `${annotation.level}: ${annotation.title ? `${annotation.title}: ` : ''}${annotation.message}${where}`;
}

function hide(text: string, masks: ReadonlySet<string>): string {
  let hidden = text;
  // Longest first: a secret may contain another.
  for (const secret of [...masks].sort((a, b) => b.length - a.length)) hidden = hidden.replaceAll(secret, '***');
  return hidden;
}

/** Output of steps is hostile: it may colour its lines, but not move the cursor or talk to the terminal. */
function clean(text: string): string {
  return text.replaceAll('\r', '').replaceAll(/\p{Cc}/gu, (control, at: number) => {
    if (control === '\t' || control === '\n') return control;
    return control === '\u001B' && /^\[[\d;]*m/.test(text.replaceAll('\r', '').slice(at + 1, at + 20)) ? control : '·';
  });
}
