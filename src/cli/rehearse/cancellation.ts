export interface Cancellation {
  /** The first Ctrl-C, or SIGTERM. */
  readonly cancel: AbortSignal;
  /** The second. */
  readonly kill: AbortSignal;
  release(): void;
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Turns the signals this process gets into a cancel, and the next one into an end. */
export function listenForCancel(onCancel: (second: boolean) => void): Cancellation {
  const [cancel, kill] = [new AbortController(), new AbortController()];
  const listener = () => {
    const second = cancel.signal.aborted;
    onCancel(second);
    if (second) kill.abort();
    cancel.abort();
  };
  for (const signal of signals) process.on(signal, listener);
  return {
    cancel: cancel.signal,
    kill: kill.signal,
    release: () => {
      for (const signal of signals) process.off(signal, listener);
    },
  };
}
