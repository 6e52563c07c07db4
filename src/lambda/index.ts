import { createHandler } from './handler.ts';
import { createInvoke } from './invoke-endpoint.ts';
import { createPublicNetwork } from './public-network.ts';

/** Entry of the function that is shipped to AWS Lambda (nodejs24.x): `index.handler`. */
export const handler = createHandler({
  endpoint: process.env['TRAINYARD_ENDPOINT'],
  network: createPublicNetwork(),
  invoke: createInvoke(),
  log: (line) => void process.stdout.write(`${line}\n`),
});
