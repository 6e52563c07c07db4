import { createServer } from 'node:http';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { mintWebIdentity } from '../../../src/runner/web-identity.ts';

const names = ['ACTIONS_ID_TOKEN_REQUEST_URL', 'ACTIONS_ID_TOKEN_REQUEST_TOKEN'] as const;
const before = names.map((name) => process.env[name]);
afterEach(() => {
  for (const [index, name] of names.entries()) {
    if (before[index] === undefined) delete process.env[name];
    else process.env[name] = before[index];
  }
});

/** Runs with a runner's token endpoint that answers so; gives the requests it got and what was printed. */
async function withEndpoint(
  status: number,
  body: string,
  run: () => Promise<void>,
): Promise<{ requests: string[]; printed: string }> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(`${request.headers.authorization} ${request.url}`);
    response.writeHead(status, { 'content-type': 'application/json' }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  process.env['ACTIONS_ID_TOKEN_REQUEST_URL'] = `http://127.0.0.1:${port}/token?v=1`;
  process.env['ACTIONS_ID_TOKEN_REQUEST_TOKEN'] = 'runner';
  const write = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
  try {
    await run();
    return { requests, printed: write.mock.calls.map(([chunk]) => String(chunk)).join('') };
  } finally {
    write.mockRestore();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

describe('the OIDC token', () => {
  test('is asked for its audience and masked', async () => {
    let token = '';
    const { requests, printed } = await withEndpoint(200, '{"value":"header.body.signature"}', async () => {
      token = await mintWebIdentity('sts.amazonaws.com');
    });
    expect(token).toBe('header.body.signature');
    expect(requests).toEqual(['Bearer runner /token?v=1&audience=sts.amazonaws.com']);
    expect(printed).toContain('::add-mask::header.body.signature');
  });

  test('that GitHub refuses is an error about GitHub', async () => {
    await withEndpoint(400, '{}', async () => {
      await expect(mintWebIdentity('sts.amazonaws.com')).rejects.toMatchObject({ kind: 'github' });
    });
  });

  test('without id-token: write names the line to add', async () => {
    for (const name of names) delete process.env[name];
    await expect(mintWebIdentity('sts.amazonaws.com')).rejects.toMatchObject({
      kind: 'permission',
      fix: expect.stringContaining('id-token: write'),
    });
  });
});
