import { appendFile, stat } from 'node:fs/promises';
import * as core from '@actions/core';
import type { StepResult } from './ports.ts';

/** GitHub refuses the whole summary of a step above this. */
const maxSummaryBytes = 1 << 20;

/** What this step leaves behind, in the files the runner gave it. */
export function createStep(env: NodeJS.ProcessEnv = process.env): StepResult {
  return {
    output: (name, value) => core.setOutput(name, value),
    saveState: (name, value) => core.saveState(name, JSON.stringify(value)),
    readState: (name) => parseState(env[`STATE_${name}`]),
    summary: async (markdown) => {
      const path = env.GITHUB_STEP_SUMMARY;
      if (!path) return;
      const used = await stat(path).then(
        ({ size }) => size,
        () => 0,
      );
      await appendFile(path, cutSummary(`${markdown.trimEnd()}\n`, maxSummaryBytes - used));
    },
  };
}

function parseState(text: string | undefined): unknown {
  if (text === undefined || text === '') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new Error('The state this step saved is no JSON.');
  }
}

const cutNotice = '\n\n*The summary is cut here: GitHub shows 1 MiB of a step at most.*\n';

/** Markdown of at most so many bytes of UTF-8, cut after a whole line and marked as cut. */
export function cutSummary(markdown: string, bytes: number): string {
  const encoded = Buffer.from(markdown);
  if (encoded.length <= bytes) return markdown;
  const room = bytes - Buffer.byteLength(cutNotice);
  if (room <= 0) return '';
  const end = encoded.lastIndexOf('\n', room - 1);
  return end < 0 ? cutNotice.slice(0, bytes) : `${encoded.subarray(0, end).toString()}${cutNotice}`;
}
