import { Agent } from 'node:http';
import { randomBytes } from 'node:crypto';
import { callServer, type ServerAnswer, type ServerRequest } from '../../../machines/call-server.ts';
import { servingPort } from '../../../machines/serving-addresses.ts';
import type { Clock } from '../../../../time/clock.ts';

/** One instance of a variant, from the moment it is asked for until its processes are gone. */
export interface Instance {
  readonly id: string;
  readonly state: InstanceState;
  /** Settles once: it answered /ping for the first time, or never will. */
  readonly started: Promise<Started>;
  /** @throws ServerTimeout, AnswerTooLong, or what the connection failed with */
  call(request: Pick<ServerRequest, 'headers' | 'body' | 'timeoutMs'>): Promise<ServerAnswer>;
  /** Takes no more calls, lets those under way finish, ends. Resolves when its processes are gone. */
  stop(): Promise<void>;
  /** Ends at once. */
  kill(): Promise<void>;
}

type InstanceState = 'starting' | 'ready' | 'leaving' | 'gone';
export type Started = { readonly outcome: 'ready' } | { readonly outcome: 'failed'; readonly reason: string };

/** What carries an instance: its address, and a life that is run until `signals` end it. */
export interface InstanceBody {
  readonly address: string;
  /** Runs the server, and runs it again when it ends by itself. `onReady` and `onUnready` tell when it answers. Never rejects. */
  live(life: Life): Promise<void>;
}

export interface Life {
  readonly agent: Agent;
  readonly stop: AbortSignal;
  readonly kill: AbortSignal;
  readonly onReady: () => void;
  readonly onUnready: () => void;
  readonly onFailed: (reason: string) => void;
}

const drainCheckMs = 25;

export const createInstanceId = () => `i-${randomBytes(8).toString('hex')}0`;

/** @param onChange called when the state changes */
export function createInstance(
  deps: { clock: Clock; drainMs: number; onChange: () => void },
  id: string,
  takeBody: () => Promise<InstanceBody>,
): Instance {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const [stop, kill] = [new AbortController(), new AbortController()];
  const started = Promise.withResolvers<Started>();
  let state: InstanceState = 'starting';
  const calls = new Set<symbol>();
  let address = '';

  const change = (next: InstanceState) => {
    if (state === next || state === 'gone' || (state === 'leaving' && next !== 'gone')) return;
    state = next;
    deps.onChange();
  };
  const fail = (reason: string) => started.resolve({ outcome: 'failed', reason });
  const live = async () => {
    try {
      const body = await takeBody();
      address = body.address;
      await body.live({
        agent,
        stop: stop.signal,
        kill: kill.signal,
        onReady: () => {
          change('ready');
          started.resolve({ outcome: 'ready' });
        },
        onUnready: () => change('starting'),
        onFailed: fail,
      });
    } catch (error) {
      fail(`InternalServerError: ${error instanceof Error ? error.message : String(error)}`);
    }
    fail('The instance was ended before it answered.');
    agent.destroy();
    change('gone');
  };
  const ended = live();

  return {
    id,
    get state() {
      return state;
    },
    started: started.promise,
    call: async (request) => {
      const own = Symbol('call');
      calls.add(own);
      try {
        return await callServer({ agent, address, port: servingPort, method: 'POST', path: '/invocations', ...request });
      } finally {
        calls.delete(own);
      }
    },
    stop: async () => {
      change('leaving');
      for (let waited = 0; calls.size > 0 && waited < deps.drainMs && !kill.signal.aborted; waited += drainCheckMs)
        await deps.clock.sleep(drainCheckMs, kill.signal);
      stop.abort();
      await ended;
    },
    kill: async () => {
      change('leaving');
      kill.abort();
      stop.abort();
      await ended;
    },
  };
}
