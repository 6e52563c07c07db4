import { lookup } from 'node:dns/promises';
import { request } from 'node:https';
import { isIP } from 'node:net';
import type { Network } from './fetch-image.ts';

/** The internet. @param server another port, and the certificate to trust there: for a test of this on one machine */
export function createPublicNetwork({ port = 443, ca }: { port?: number; ca?: string } = {}): Network {
  return {
    resolve: async (host) => (await lookup(host, { all: true })).map(({ address }) => address),
    get: ({ url, address, signal }) =>
      new Promise((resolve, reject) => {
        const name = url.hostname.replace(/^\[(.*)\]$/, '$1');
        const get = request({
          // The address that was checked; the name is for the certificate and the server alone.
          host: address,
          servername: isIP(name) === 0 ? name : '',
          path: `${url.pathname}${url.search}`,
          headers: { host: url.host, accept: 'image/*', 'accept-encoding': 'identity', 'user-agent': 'trainyard-invoke' },
          agent: false,
          signal,
          port,
          ...(ca === undefined ? {} : { ca }),
        });
        get.once('error', reject);
        get.once('response', (response) =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: response,
            close: () => void response.destroy(),
          }),
        );
        get.end();
      }),
  };
}
