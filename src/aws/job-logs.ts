import {
  CloudWatchLogsClient,
  DescribeLogStreamsCommand,
  GetLogEventsCommand,
  type OutputLogEvent,
} from '@aws-sdk/client-cloudwatch-logs';
import type { JobLogs, LogLine } from '../training/ports.ts';
import type { Clients } from './clients.ts';
import { toActionError } from './errors.ts';

const logGroup = '/aws/sagemaker/TrainingJobs';
const linesPerPage = 1_000;
/** A script that prints without end must not fill the runner's memory; the rest comes with the next call. */
const linesPerCall = 5_000;
const lineLength = 8_192;

/** How far one stream has been read. */
interface Position {
  readonly host: string;
  token?: string;
}

/** Log lines of training jobs, by polling: a live tail needs a host name that an endpoint of one's own does not have. */
export function createJobLogs(clients: Clients): JobLogs {
  const client = clients.of(CloudWatchLogsClient);

  /** Streams appear late, and anew when a host starts again. */
  async function findStreams(jobName: string, positions: Map<string, Position>): Promise<void> {
    let nextToken: string | undefined;
    do {
      const command = new DescribeLogStreamsCommand({ logGroupName: logGroup, logStreamNamePrefix: `${jobName}/`, nextToken });
      const page = await client.send(command);
      for (const { logStreamName: stream } of page.logStreams ?? []) {
        if (stream !== undefined && !positions.has(stream)) positions.set(stream, { host: readHost(stream, jobName) });
      }
      nextToken = page.nextToken;
    } while (nextToken !== undefined);
  }

  /** Reads on from a position until nothing more is there; the position moves with each page, so no line comes twice or is lost. */
  async function readStream(stream: string, position: Position, lines: LogLine[]): Promise<void> {
    while (lines.length < linesPerCall) {
      const command = new GetLogEventsCommand({
        logGroupName: logGroup,
        logStreamName: stream,
        startFromHead: true,
        limit: linesPerPage,
        nextToken: position.token,
      });
      const { events = [], nextForwardToken: token } = await client.send(command);
      lines.push(...events.map((event) => toLine(position.host, event)));
      const atEnd = token === undefined || token === position.token;
      if (token !== undefined) position.token = token;
      if (atEnd) return;
    }
  }

  return {
    open(jobName) {
      const positions = new Map<string, Position>();
      return {
        async next() {
          const lines: LogLine[] = [];
          await forgive(jobName, () => findStreams(jobName, positions));
          for (const [stream, position] of positions) await forgive(jobName, () => readStream(stream, position, lines));
          // Stable: lines of one host keep their order, hosts are woven by time.
          return lines.sort((a, b) => a.at.getTime() - b.at.getTime());
        },
      };
    },
  };
}

/** A log that cannot be read now is read later; only a lack of permission, which no waiting cures, is an error. */
async function forgive(jobName: string, read: () => Promise<void>): Promise<void> {
  try {
    await read();
  } catch (error) {
    const told = toActionError(error, { action: 'logs:GetLogEvents', resource: `the log of ${jobName}` });
    if (told.kind === 'permission') throw told;
  }
}

/** `<job>/algo-1-1790000000` → `algo-1`. */
function readHost(stream: string, jobName: string): string {
  const name = stream.slice(jobName.length + 1);
  return /^(.+-\d+)-\d+$/.exec(name)?.[1] ?? name;
}

function toLine(host: string, { timestamp = 0, message = '' }: OutputLogEvent): LogLine {
  const more = message.length - lineLength;
  const text = more > 0 ? `${message.slice(0, lineLength)}… (${more} more characters)` : message;
  return { host, at: new Date(timestamp), text };
}
