import { answerPrediction, answerRefusal, type HandlerAnswer, Refusal } from './answer.ts';
import { fetchImage, type Network } from './fetch-image.ts';
import type { Invoke } from './invoke-endpoint.ts';
import { readEvent, type Wish } from './read-event.ts';

export interface HandlerDeps {
  /** Name of the endpoint this version of the function belongs to. */
  readonly endpoint: string | undefined;
  readonly network: Network;
  readonly invoke: Invoke;
  /** One line for whoever runs the function. */
  readonly log: (line: string) => void;
}

interface Context {
  getRemainingTimeInMillis(): number;
}

/** What is kept back to answer in time, where there is enough of it. */
const reserveMs = 500;

/** The function in front of an endpoint. Never throws: every outcome is an answer with a status, and the caller learns nothing else. */
export function createHandler(deps: HandlerDeps): (event: unknown, context: Context) => Promise<HandlerAnswer> {
  return async (event, context) => {
    const remainingMs = context.getRemainingTimeInMillis();
    const signal = AbortSignal.timeout(Math.max(1, Math.floor(remainingMs - Math.min(reserveMs, remainingMs / 4))));
    try {
      const { bytes, contentType } = await readContent(readEvent(event), deps.network, signal);
      return answerPrediction(await predict(deps, bytes, contentType, signal));
    } catch (error) {
      const refusal = explain(error, signal);
      // As JSON: what a model or a server said may hold line breaks and more.
      deps.log(`${refusal.status} ${refusal.code} ${JSON.stringify(refusal.detail ?? refusal.message)}`);
      return answerRefusal(refusal);
    }
  };
}

function readContent(wish: Wish, network: Network, signal: AbortSignal) {
  return wish.kind === 'image' ? fetchImage(wish.url, network, signal) : wish;
}

function predict({ endpoint, invoke }: HandlerDeps, bytes: Uint8Array, contentType: string, signal: AbortSignal) {
  if (endpoint === undefined || endpoint === '')
    throw new Refusal(502, 'EndpointUnavailable', 'This function has no endpoint.', 'TRAINYARD_ENDPOINT is not set');
  return invoke({ endpoint, bytes, contentType, signal });
}

function explain(error: unknown, signal: AbortSignal): Refusal {
  if (error instanceof Refusal) return error;
  const detail = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  if (signal.aborted) return new Refusal(504, 'Timeout', 'The model did not answer within the time of this function.', detail);
  return new Refusal(502, 'Unexpected', 'The function failed.', detail);
}
