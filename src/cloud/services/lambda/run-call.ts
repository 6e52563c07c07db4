import type { Clock } from '../../../time/clock.ts';
import { maxAnswerBytes } from '../../machines/runtime-api.ts';
import type { WorkerAnswer } from '../../machines/worker.ts';
import type { FunctionWorker } from './function-worker.ts';
import type { Deployment } from './functions.ts';
import type { FailedStart } from './pool.ts';

export interface CallRequest {
  readonly requestId: string;
  readonly payload: Uint8Array;
  readonly functionArn: string;
}

export interface CallOutcome {
  readonly payload: Uint8Array;
  readonly failed: boolean;
  /** Of the handler, without the start of its worker. */
  readonly milliseconds: number;
  readonly tail: Buffer;
}

type Answer = WorkerAnswer | { readonly kind: 'timed out' };
interface Verdict {
  readonly payload: Uint8Array;
  readonly failed: boolean;
  /** Of the REPORT line. */
  readonly status?: 'timeout' | 'error';
}

/** Runs one call on a worker of this version, its log lines included. Never rejects. */
export async function runCall(deployment: Deployment, request: CallRequest, clock: Clock): Promise<CallOutcome> {
  const taken = await deployment.pool.take();
  if (taken.kind === 'failed') return reportStart(deployment, request, taken.start);
  const { worker, initMs, giveBack } = taken;
  const timeoutMs = deployment.settings.Timeout * 1000;
  worker.log.startCall();
  worker.log.write([`START RequestId: ${request.requestId} Version: ${deployment.version}`]);
  const startedMs = performance.now();
  const answer = await runInTime(worker, request, timeoutMs, clock);
  // It ended while it idled, before anybody had seen the event.
  if (answer.kind === 'exited' && !answer.taken) return runCall(deployment, request, clock);
  const milliseconds = performance.now() - startedMs;
  const verdict = judge(answer, request.requestId, deployment.settings.Timeout);
  if (answer.kind === 'timed out')
    worker.log.write([`${clock.now().toISOString()} ${request.requestId} ${timeoutText(deployment.settings.Timeout)}`, '']);
  worker.log.write([
    `END RequestId: ${request.requestId}`,
    report({
      deployment,
      requestId: request.requestId,
      milliseconds,
      initMs,
      status: verdict.status,
      memoryBytes: memoryOf(answer),
    }),
  ]);
  const tail = worker.log.tail();
  if (answer.kind !== 'exited' && answer.kind !== 'timed out') giveBack();
  return { ...verdict, milliseconds, tail };
}

/** The time-out is the function's; what runs beyond it is ended with its worker. */
async function runInTime(worker: FunctionWorker, request: CallRequest, timeoutMs: number, clock: Clock): Promise<Answer> {
  const answered = new AbortController();
  const deadline = new Date(clock.now().getTime() + timeoutMs);
  const timer = clock.sleep(timeoutMs, answered.signal).then(() => ({ kind: 'timed out' }) as const);
  const answer = await Promise.race([worker.run({ ...request, deadline }), timer]);
  answered.abort();
  if (answer.kind === 'timed out') worker.kill();
  return answer;
}

function judge(answer: Answer, requestId: string, timeoutSeconds: number): Verdict {
  if (answer.kind === 'response') return { payload: answer.body, failed: false };
  if (answer.kind === 'error') return { payload: answer.body, failed: true };
  if (answer.kind === 'timed out')
    return fault('Sandbox.Timedout', `RequestId: ${requestId} Error: ${timeoutText(timeoutSeconds)}`, 'timeout');
  if (answer.kind === 'exited') return { ...describeExit(requestId, answer.end.exitCode), status: 'error' };
  return fault(
    'Function.ResponseSizeTooLarge',
    `Response payload size (${answer.bytes} bytes) exceeded maximum allowed payload size (${maxAnswerBytes} bytes).`,
  );
}

const timeoutText = (seconds: number): string => `Task timed out after ${seconds.toFixed(2)} seconds`;

function fault(errorType: string, errorMessage: string, status?: 'timeout' | 'error'): Verdict {
  return { payload: Buffer.from(JSON.stringify({ errorType, errorMessage })), failed: true, ...(status ? { status } : {}) };
}

function describeExit(requestId: string, exitCode: number | undefined): Verdict {
  const how =
    exitCode === undefined || exitCode > 128
      ? `Runtime exited with error: signal: ${exitCode === undefined || exitCode === 137 ? 'killed' : exitCode - 128}`
      : exitCode === 0
        ? 'Runtime exited without providing a reason'
        : `Runtime exited with error: exit status ${exitCode}`;
  return fault('Runtime.ExitError', `RequestId: ${requestId} Error: ${how}`);
}

/** A worker that did not come up: its own error is the call's. */
function reportStart(deployment: Deployment, { requestId }: CallRequest, start: FailedStart): CallOutcome {
  const verdict: Verdict =
    start.kind === 'failed'
      ? { payload: start.body, failed: true, status: 'error' }
      : describeExit(requestId, start.end.exitCode);
  const { milliseconds } = start;
  const lines = [
    `START RequestId: ${requestId} Version: ${deployment.version}`,
    `END RequestId: ${requestId}`,
    report({ deployment, requestId, milliseconds, initMs: undefined, status: 'error', memoryBytes: undefined }),
  ];
  // Without a start of its own: the lines the worker wrote on its way are what explains it.
  start.worker?.log.write(lines);
  return { ...verdict, milliseconds, tail: start.worker?.log.tail() ?? Buffer.from(`${lines.join('\n')}\n`) };
}

const memoryOf = (answer: Answer): number | undefined => ('memoryBytes' in answer ? answer.memoryBytes : undefined);

interface Report {
  readonly deployment: Deployment;
  readonly requestId: string;
  readonly milliseconds: number;
  readonly initMs: number | undefined;
  readonly status: Verdict['status'];
  readonly memoryBytes: number | undefined;
}

/** AWS's line of figures. Since August 2025 the time to start is billed with the call that waited for it. */
function report({ deployment, requestId, milliseconds, initMs, status, memoryBytes }: Report): string {
  const { MemorySize: memoryMb } = deployment.settings;
  const parts = [
    `REPORT RequestId: ${requestId}`,
    `Duration: ${milliseconds.toFixed(2)} ms`,
    `Billed Duration: ${Math.ceil(milliseconds + (initMs ?? 0))} ms`,
    `Memory Size: ${memoryMb} MB`,
    ...(memoryBytes === undefined ? [] : [`Max Memory Used: ${Math.ceil(memoryBytes / 1024 / 1024)} MB`]),
    ...(initMs === undefined ? [] : [`Init Duration: ${initMs.toFixed(2)} ms`]),
    ...(status === undefined ? [] : [`Status: ${status}`]),
  ];
  return parts.join('\t');
}
