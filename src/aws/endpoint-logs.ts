import { CloudWatchLogsClient, DescribeLogStreamsCommand, GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import type { EndpointLogs } from '../serving/ports.ts';
import type { Clients } from './clients.ts';

/** A crash loop starts a stream for each try; the newest say what there is to say. */
const maxStreams = 5;
const lineLength = 2_000;

/** What the containers of an endpoint print: log group `/aws/sagemaker/Endpoints/<name>`, one stream an instance. */
export function createEndpointLogs(clients: Clients): EndpointLogs {
  const client = clients.of(CloudWatchLogsClient);
  return {
    async tail(endpoint, lines) {
      const logGroupName = `/aws/sagemaker/Endpoints/${endpoint}`;
      try {
        const { logStreams = [] } = await client.send(
          new DescribeLogStreamsCommand({ logGroupName, orderBy: 'LastEventTime', descending: true, limit: maxStreams }),
        );
        const events = await Promise.all(
          logStreams.map(async ({ logStreamName }) => {
            const command = new GetLogEventsCommand({ logGroupName, logStreamName, startFromHead: false, limit: lines });
            return (await client.send(command)).events ?? [];
          }),
        );
        return events
          .flat()
          .sort((a, b) => (a.timestamp ?? 0) - (b.timestamp ?? 0))
          .slice(-lines)
          .map(({ message = '' }) => message.trimEnd().slice(0, lineLength));
      } catch {
        // The log explains a failure; that it cannot be read must not hide the failure itself.
        return [];
      }
    },
  };
}
