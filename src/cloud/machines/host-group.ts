import type { Host } from './start-host.ts';

/** Hosts that end together. What was ordered holds for hosts that join later too. */
export interface HostGroup {
  add(host: Host): void;
  readonly stop: () => void;
  readonly kill: () => void;
}

export function createHostGroup(): HostGroup {
  const hosts: Host[] = [];
  let order: 'run' | 'stop' | 'kill' = 'run';
  const obey = (host: Host) => {
    if (order === 'kill') host.kill();
    else if (order === 'stop') host.stop();
  };
  return {
    add: (host) => {
      hosts.push(host);
      obey(host);
    },
    stop: () => {
      if (order === 'run') order = 'stop';
      hosts.forEach(obey);
    },
    kill: () => {
      order = 'kill';
      hosts.forEach(obey);
    },
  };
}

/** Calls `act` when the signal aborts, or now when it has. @returns what takes the listener off again */
export function onAbort(signal: AbortSignal, act: () => void): () => void {
  if (signal.aborted) act();
  signal.addEventListener('abort', act, { once: true });
  return () => signal.removeEventListener('abort', act);
}
