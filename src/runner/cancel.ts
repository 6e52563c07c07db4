/** Where signals come from: the process, or a test. */
export interface SignalSource {
  on(signal: 'SIGINT' | 'SIGTERM', listener: () => void): unknown;
}

/**
 * Aborts on the runner's SIGINT (a cancel) or SIGTERM. While it listens Node does not end by itself, so the stop calls can go
 * out in the 10 seconds before the runner kills the process.
 */
export function onCancel(source: SignalSource = process): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    source.on(signal, () => controller.abort(new Error(`The run was cancelled (${signal}).`)));
  }
  return controller.signal;
}
