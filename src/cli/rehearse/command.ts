import { existsSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { startCloud } from '../../cloud/start.ts';
import { systemClock } from '../../time/clock.ts';
import { listenForCancel } from './cancellation.ts';
import { createLog, describeAnnotation, type Log } from './log.ts';
import { parseOptions, rehearseHelp } from './options.ts';
import { runnerGraces } from './process.ts';
import { type RehearsalResult, rehearse } from './rehearse.ts';
import { renderMarkdown } from './terminal-markdown.ts';

/** `trainyard rehearse`: 0 when every job succeeded, 1 when one did not, 2 for what cannot be rehearsed, 130 after Ctrl-C. */
export async function rehearseCommand(args: readonly string[], productRoot: string): Promise<number> {
  const options = parseOptions(args);
  if (options === 'help') {
    process.stdout.write(rehearseHelp);
    return 0;
  }
  if ('problems' in options) {
    process.stderr.write(`${options.problems.join('\n')}\n\n${rehearseHelp}`);
    return 2;
  }
  // A reader that went away (`| head`) is no reason to leave things running.
  process.stdout.on('error', () => undefined);
  const colour = process.env['NO_COLOR'] === undefined && (process.stdout.isTTY || Boolean(process.env['FORCE_COLOR']));
  const log = createLog({ write: (line) => void process.stdout.write(`${line}\n`), colour });
  const cancellation = listenForCancel((second) =>
    log.say(second ? '\nEnding everything at once.' : '\nCancelling, as GitHub does. Again: end everything at once.'),
  );
  try {
    const result = await rehearse(options, {
      folder: process.cwd(),
      productRoot,
      log,
      clock: systemClock,
      startCloud,
      graces: runnerGraces,
      cancellation,
    });
    if (!result) return 2;
    sayComments(log, result, colour);
    saySummary(log, result, colour);
    sayLive(log, result);
    sayResults(log, result);
    if (result.cancelled) return 130;
    const results = result.runs.flatMap((run) => run.jobs.map((job) => job.result));
    return results.every((one) => one === 'success' || one === 'skipped') && results.includes('success') ? 0 : 1;
  } finally {
    cancellation.release();
  }
}

function sayComments(log: Log, result: RehearsalResult, colour: boolean): void {
  for (const comment of result.comments) sayPage(log, 'the comment on the pull request', comment, colour);
}

/** Of a run that belongs to no pull request: its page is where people read what came of it. */
function saySummary(log: Log, { runs }: RehearsalResult, colour: boolean): void {
  const last = runs.at(-1);
  if (last?.summary !== undefined && last.event.kind !== 'pull_request')
    sayPage(log, `the summary of ${last.workflow}`, last.summary, colour);
}

function sayPage(log: Log, title: string, markdown: string, colour: boolean): void {
  const columns = Math.min(process.stdout.columns || 160, 200);
  const width = Math.min(columns, 100);
  log.say();
  log.say(`── ${title} ${'─'.repeat(Math.max(0, width - title.length - 4))}`);
  for (const line of renderMarkdown(markdown, { colour, columns })) log.say(line);
  log.say('─'.repeat(width));
}

function sayLive(log: Log, { live }: RehearsalResult): void {
  if (live.length === 0) return;
  log.say();
  log.say('What is there now:');
  for (const line of live) log.say(`  ${line}`);
}

function sayResults(log: Log, { runs, results, comments }: RehearsalResult): void {
  log.say();
  if (comments.length === 0 && runs.some(({ event }) => event.kind === 'pull_request')) log.say('No comment was written.');
  for (const { event, jobs } of runs) log.say(`${event.kind}: ${jobs.map((job) => `${job.id} ${job.result}`).join(', ')}`);
  const serious = log.annotations.filter(({ level }) => level !== 'notice');
  for (const annotation of serious) log.say(`  ${annotation.job}: ${describeAnnotation(annotation).replaceAll('\n', '\n    ')}`);
  const files = ['comment.md', 'summary.md', 'journal.json']
    .map((name) => join(results, name))
    .filter((path) => existsSync(path));
  const artifacts = join(results, 'artifacts');
  const uploaded = existsSync(artifacts)
    ? readdirSync(artifacts, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    : [];
  log.say('To read:');
  for (const path of [...files, ...uploaded.map((entry) => join(entry.parentPath, entry.name))]) {
    log.say(`  ${relative(process.cwd(), path)}`);
  }
}
