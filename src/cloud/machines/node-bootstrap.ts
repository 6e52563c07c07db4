/**
 * What a Node.js function runs in: fetches one event after the other from the Runtime API (its address in AWS_LAMBDA_RUNTIME_API) and
 * answers with what the handler gives. Text in a TypeScript file so that a bundle carries it; written out as an ES module.
 *
 * Before it answers it writes a line that ends in `\0end <request id>`: by then everything the handler printed is in the pipe.
 */
export const nodeBootstrap = String.raw`import { existsSync } from 'node:fs';
import http from 'node:http';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { format } from 'node:util';

const env = process.env;
const agent = new http.Agent({ keepAlive: true, maxSockets: 2 });
let requestId;

function ask(method, path, body) {
  return new Promise((resolve, reject) => {
    const headers = { 'x-memory-kilobytes': String(process.resourceUsage().maxRSS) };
    if (body !== undefined) headers['content-length'] = Buffer.byteLength(body);
    const request = http.request('http://' + env.AWS_LAMBDA_RUNTIME_API + '/2018-06-01/runtime/' + path, { method, agent, headers });
    request.on('error', reject);
    request.on('response', (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () => resolve({ headers: response.headers, text: Buffer.concat(chunks).toString() }));
      response.on('error', reject);
    });
    request.end(body);
  });
}

class RuntimeError extends Error {
  constructor(name, message) {
    super(message);
    this.name = name;
  }
}

function describe(error) {
  const known = error instanceof Error;
  return JSON.stringify({
    errorType: known ? error.name : typeof error,
    errorMessage: known ? error.message : String(error),
    trace: known && error.stack ? error.stack.split('\n') : [],
  });
}

function patchConsole() {
  const levels = { trace: 'TRACE', debug: 'DEBUG', log: 'INFO', info: 'INFO', warn: 'WARN', error: 'ERROR' };
  for (const [method, level] of Object.entries(levels)) {
    console[method] = (...parts) =>
      void process.stdout.write([new Date().toISOString(), requestId, level, format(...parts)].join('\t') + '\n');
  }
}

async function loadHandler() {
  const name = env._HANDLER;
  const dot = name.lastIndexOf('.');
  const path = join(env.LAMBDA_TASK_ROOT, name.slice(0, dot));
  const file = ['.mjs', '.js', '.cjs', ''].map((ending) => path + ending).find(existsSync);
  if (dot < 1 || file === undefined)
    throw new RuntimeError('Runtime.ImportModuleError', "Error: Cannot find module '" + name.slice(0, dot) + "'");
  const module = await import(pathToFileURL(file).href);
  const handler = module[name.slice(dot + 1)] ?? module.default?.[name.slice(dot + 1)];
  if (typeof handler !== 'function')
    throw new RuntimeError('Runtime.HandlerNotFound', name + ' is undefined or not exported');
  if (handler.length > 2)
    throw new RuntimeError('Runtime.CallbackHandlerDeprecated', name + ' takes a callback; this runtime runs async handlers only');
  return handler;
}

function describeContext(headers) {
  const deadline = Number(headers['lambda-runtime-deadline-ms']);
  return {
    callbackWaitsForEmptyEventLoop: false,
    functionName: env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
    awsRequestId: requestId,
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
}

async function answer(outcome, body) {
  const id = requestId;
  process.stdout.write('\0end ' + id + '\n');
  await ask('POST', 'invocation/' + id + '/' + outcome, body);
}

async function serve(handler) {
  const { headers, text } = await ask('GET', 'invocation/next');
  requestId = headers['lambda-runtime-aws-request-id'];
  let outcome = 'response';
  let body;
  try {
    body = JSON.stringify(await handler(JSON.parse(text), describeContext(headers))) ?? 'null';
  } catch (error) {
    console.error('Invoke Error', error);
    outcome = 'error';
    body = describe(error);
  }
  await answer(outcome, body);
}

async function fail(kind, error) {
  console.error(kind, error);
  if (requestId !== undefined) await answer('error', describe(error));
  else await ask('POST', 'init/error', describe(error));
  process.exit(1);
}

patchConsole();
// The promise of serve rejects only when the Runtime API has gone: nobody is left to tell.
process.on('uncaughtException', (error) => void fail('Uncaught Exception', error).catch(() => process.exit(1)));
process.on('unhandledRejection', (error) => void fail('Unhandled Promise Rejection', error).catch(() => process.exit(1)));
const handler = await loadHandler().catch((error) => fail('Init Error', error));
for (;;) await serve(handler).catch(() => process.exit(1));
`;
