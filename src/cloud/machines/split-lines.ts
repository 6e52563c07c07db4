import { StringDecoder } from 'node:string_decoder';

/** Longest line kept whole, in characters; a longer one continues as the next line, as container log drivers do. */
const longestLine = 16_384;

export interface LineSplitter {
  readonly write: (chunk: Buffer) => void;
  /** Gives what stood after the last line feed. */
  readonly end: () => void;
}

/** Turns chunks of bytes into lines of text, however the bytes are cut. A carriage return alone starts no line (progress bars). */
export function createLineSplitter(onLines: (lines: string[]) => void): LineSplitter {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  const give = (lines: string[]) => {
    const kept = lines.flatMap((line) => cut(line.endsWith('\r') ? line.slice(0, -1) : line));
    if (kept.length > 0) onLines(kept);
  };
  return {
    write: (chunk) => {
      const lines = (rest + decoder.write(chunk)).split('\n');
      rest = lines.pop() ?? '';
      // A writer that never ends its line must not fill the memory.
      while (rest.length > longestLine) {
        lines.push(rest.slice(0, longestLine));
        rest = rest.slice(longestLine);
      }
      give(lines);
    },
    end: () => {
      rest += decoder.end();
      if (rest !== '') give([rest]);
      rest = '';
    },
  };
}

function cut(line: string): string[] {
  if (line.length <= longestLine) return [line];
  const pieces: string[] = [];
  for (let from = 0; from < line.length; from += longestLine) pieces.push(line.slice(from, from + longestLine));
  return pieces;
}
