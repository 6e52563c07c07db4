import { randomUUID } from 'node:crypto';
import * as core from '@actions/core';
import type { Log } from './ports.ts';
import { cutText, disarm, stripControl } from './safe-text.ts';

/** GitHub cuts an annotation at 4,096 characters; we cut before it does, and say so. */
const maxAnnotation = 4000;
const maxLine = 8000;

/** The step's log on the runner's standard output. */
export function createLog(): Log {
  return {
    info: (line) => core.info(disarm(line)),
    notice: (message, title) => core.notice(toAnnotation(message), readTitle(title)),
    warning: (message, title) => core.warning(toAnnotation(message), readTitle(title)),
    error: (message, more = {}) =>
      core.error(toAnnotation(message), {
        ...readTitle(more.title),
        ...(more.file === undefined ? {} : { file: more.file }),
        ...(more.line === undefined ? {} : { startLine: more.line }),
      }),
    untrusted: (title, lines) => {
      if (lines.length > 0) core.info(foldUntrusted(title, lines, randomUUID()));
    },
    mask: (secret) => {
      // An empty mask would be refused; one of one or two characters would hide the whole log.
      if (secret.length > 2) core.setSecret(secret);
    },
  };
}

/** The folded group of lines as it is printed. `token` must be new and unknown to whoever wrote the lines. */
export function foldUntrusted(title: string, lines: readonly string[], token: string): string {
  const body = lines.map((line) => cutText(disarm(line), maxLine));
  const heading = disarm(title).replaceAll(/\s+/g, ' ').trim();
  return [`::group::${cutText(heading, 200)}`, `::stop-commands::${token}`, ...body, `::${token}::`, '::endgroup::'].join('\n');
}

function toAnnotation(message: string): string {
  return cutText(stripControl(message), maxAnnotation);
}

function readTitle(title: string | undefined): { title?: string } {
  return title === undefined ? {} : { title: stripControl(title) };
}
