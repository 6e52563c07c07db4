/** Makes what a user sees comparable from run to run: what a clock, a port or a hash decides is masked, all else stays. */
export function stable(text: string, known: Readonly<Record<string, string>> = {}): string {
  let result = text;
  for (const [name, value] of Object.entries(known)) result = result.replaceAll(value, `<${name}>`);
  return (
    result
      .replace(/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, '<uuid>')
      .replace(/127\.0\.0\.1:\d+/g, '<host>')
      .replace(/\b\d{4}-\d{2}-\d{2}T[\d:.]+Z/g, '<time>')
      .replace(/\b20\d{2}-\d{2}-\d{2}\b/g, '<date>')
      .replace(/\b\d{2}:\d{2}:\d{2} UTC/g, '<time>')
      .replace(/\b[0-9a-f]{64}\b/g, '<hash>')
      .replace(/\b(?!0{12}\b)[0-9a-f]{10,12}\b/g, '<hash>')
      .replace(/(under )?\\?\$0\.0\d*/g, '<usd>')
      .replace(/\b\d+(\.\d+)? (m?s)\b/g, '<n> $2')
      .replace(/\b\d+(\.\d+)? ?%/g, '<n> %')
      .replace(/\b\d+ cores?\b/g, '<n> cores')
      .replace(/[▁▂▃▄▅▆▇█·]+(?= \|)/g, '▁')
      // Drawn from two samples on; how many there are the machine decides.
      .replace(/```mermaid\n[^]*?\n```\n+/g, '')
  );
}

/** The log without what only time decides: status lines, and the training's own lines inside groups. */
export function stableLog(log: string, known: Readonly<Record<string, string>> = {}): string {
  const lines: string[] = [];
  let inGroup = false;
  for (const line of log.split('\n')) {
    if (line.startsWith('::group::')) inGroup = true;
    const status =
      /^[a-z0-9-]+: (Starting|Pending|Downloading|Training|Uploading|Completed|Failed|Stopping|Stopped|MaxRuntimeExceeded)(?: \(|, )/;
    if (!inGroup && !status.test(line)) lines.push(line);
    if (line === '::endgroup::') inGroup = false;
  }
  return stable(lines.join('\n'), known).trim();
}

/** The annotations of a log, as the runner would show them: between `stop-commands` and its token nothing is a command. */
export function annotations(log: string): { level: string; properties: string; message: string }[] {
  const heard = log.replaceAll(/^::stop-commands::(\S+)$[^]*?^::\1::$/gm, '');
  return [...heard.matchAll(/^::(error|warning|notice)(?: ((?:(?!::).)*))?::(.*)$/gm)].map(
    ([, level = '', properties = '', message = '']) => ({
      level,
      properties,
      message: message.replaceAll('%0A', '\n').replaceAll('%0D', '').replaceAll('%25', '%'),
    }),
  );
}

/** The messages of a level, one below the other. */
export function messages(log: string, level: 'error' | 'warning' | 'notice'): string {
  return annotations(log)
    .filter((annotation) => annotation.level === level)
    .map(({ message }) => message)
    .join('\n');
}
