/**
 * The control interface: how a test acts on the cloud while something else uses it. JSON in and out, below `/_cloud/`:
 *
 *   GET    journal?since=N   the requests after number N (0: all), oldest first: JournalEntry[]
 *   POST   faults            adds a FaultRule
 *   DELETE faults            forgets all of them
 *   GET    paused?wait=MS    the calls a `pause` fault holds, waiting up to MS for the first: { id, rule, when, entry }[]
 *   POST   release           { id } lets one go on; 404 when there is none of this id
 *   POST   weather           { name: "calm" | "aws-like" }
 *   GET    instances         EC2's instances as they are now, past weather and journal
 *   POST   interrupt         { instance } gives a running spot instance its notice; 404 when there is none of this id
 *   POST   capacity          { none: [{ instanceType?, zone?, market? }] } what EC2 has no capacity of from now on
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import type { Journal } from './contract.ts';
import type { FaultGate } from './gate.ts';
import type { Ec2 } from './services/ec2/index.ts';
import { type ChangingWeather, weatherNames } from './weather.ts';

export const controlPath = '/_cloud/';
const maxBodyBytes = 64 * 1024;
const maxWaitMs = 60_000;

const effect = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('error'),
    code: z.string(),
    message: z.string(),
    status: z.int().min(400).max(599).optional(),
  }),
  z.strictObject({ kind: z.literal('reset') }),
  z.strictObject({ kind: z.literal('delay'), ms: z.int().min(0).max(600_000) }),
  z.strictObject({ kind: z.literal('pause') }),
]);
const faultRule = z.strictObject({
  id: z.string(),
  service: z.string(),
  operation: z.string(),
  nth: z.int().min(1).optional(),
  when: z.enum(['before', 'after']),
  effect,
});

const shortage = z.strictObject({
  instanceType: z.string().optional(),
  zone: z
    .string()
    .regex(/^[a-z]$/)
    .optional(),
  market: z.enum(['spot', 'on-demand']).optional(),
});

interface Controls {
  readonly journal: Journal;
  readonly gate: FaultGate;
  readonly weather: ChangingWeather;
  readonly ec2: Pick<Ec2, 'interrupt' | 'list' | 'setShortages'>;
}

type Answer = { readonly status: number; readonly body: unknown };
type Route = (controls: Controls, query: URLSearchParams, body: unknown) => Answer | Promise<Answer>;

const ok = (body: unknown): Answer => ({ status: 200, body });

const routes: Readonly<Record<string, Route>> = {
  'GET journal': ({ journal }, query) => ok(journal.entries.filter((entry) => entry.number > Number(query.get('since') ?? 0))),
  'POST faults': ({ gate }, _query, body) => {
    const { nth, effect: parsed, ...rule } = faultRule.parse(body);
    const exact = parsed.kind === 'error' ? withoutUndefined(parsed) : parsed;
    gate.addFault({ ...rule, ...(nth === undefined ? {} : { nth }), effect: exact });
    return ok({ id: rule.id });
  },
  'DELETE faults': ({ gate }) => {
    gate.clearFaults();
    return ok({});
  },
  'GET paused': async ({ gate }, query) => ok(await gate.held(Math.min(Number(query.get('wait') ?? 0), maxWaitMs))),
  'POST release': ({ gate }, _query, body) => {
    const { id } = z.strictObject({ id: z.string() }).parse(body);
    return gate.release(id) ? ok({ id }) : { status: 404, body: { message: `No call ${id} is held.` } };
  },
  'POST weather': ({ weather }, _query, body) => {
    const { name } = z.strictObject({ name: z.enum(weatherNames) }).parse(body);
    weather.change(name);
    return ok({ name });
  },
  'GET instances': ({ ec2 }) => ok(ec2.list()),
  'POST interrupt': ({ ec2 }, _query, body) => {
    const { instance } = z.strictObject({ instance: z.string() }).parse(body);
    return ec2.interrupt(instance)
      ? ok({ instance })
      : { status: 404, body: { message: `No spot instance ${instance} runs that has had no notice.` } };
  },
  'POST capacity': ({ ec2 }, _query, body) => {
    const { none } = z.strictObject({ none: z.array(shortage) }).parse(body);
    ec2.setShortages(none);
    return ok({ none });
  },
};

function withoutUndefined({ status, ...error }: { kind: 'error'; code: string; message: string; status?: number | undefined }) {
  return status === undefined ? error : { ...error, status };
}

/** Answers a request below `controlPath`. */
export async function control(controls: Controls, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { status, body } = await answer(controls, request);
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(body)}\n`);
}

async function answer(controls: Controls, request: IncomingMessage): Promise<Answer> {
  const [path = '', query = ''] = (request.url ?? '').slice(controlPath.length).split('?');
  const route = routes[`${request.method} ${path}`];
  if (!route)
    return {
      status: 404,
      body: { message: `There is no ${request.method} ${path}; there are: ${Object.keys(routes).join(', ')}.` },
    };
  try {
    return await route(controls, new URLSearchParams(query), await readJson(request));
  } catch (error) {
    const message = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    return { status: 400, body: { message } };
  }
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const chunk of request as AsyncIterable<Buffer>) {
    text += chunk.toString();
    if (text.length > maxBodyBytes) throw new Error(`The body is longer than ${maxBodyBytes} bytes.`);
  }
  return text === '' ? undefined : JSON.parse(text);
}
