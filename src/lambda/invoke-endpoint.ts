import { InvokeEndpointCommand, ModelError, SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import { Refusal } from './answer.ts';

/** Asks the model. @throws Refusal */
export type Invoke = (request: {
  endpoint: string;
  bytes: Uint8Array;
  contentType: string;
  signal: AbortSignal;
}) => Promise<Uint8Array>;

/** Of a model's own message; a stack trace is cut, its first lines say what is wrong. */
const mostMessage = 1000;

/** One client for all calls of this process: its connection stays open between them. */
export function createInvoke(client = new SageMakerRuntimeClient({ maxAttempts: 3 })): Invoke {
  return async ({ endpoint, bytes, contentType, signal }) => {
    const command = new InvokeEndpointCommand({
      EndpointName: endpoint,
      Body: bytes,
      ContentType: contentType,
      Accept: 'application/json',
    });
    try {
      const { Body } = await client.send(command, { abortSignal: signal });
      return Body ?? new Uint8Array();
    } catch (error) {
      throw signal.aborted ? error : explain(error);
    }
  };
}

function explain(error: unknown): Refusal {
  const detail = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  if (error instanceof ModelError) {
    const text = `The model answered ${error.OriginalStatusCode ?? 'an error'}: ${error.OriginalMessage ?? 'no message'}`;
    return new Refusal(424, 'ModelError', text.length > mostMessage ? `${text.slice(0, mostMessage)}…` : text, detail);
  }
  // AWS's message would name the account and the endpoint.
  return new Refusal(
    502,
    'EndpointUnavailable',
    'The endpoint of the model is missing, not in service or not reachable.',
    detail,
  );
}
