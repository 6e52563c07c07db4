import type { EndpointStatus } from '@aws-sdk/client-sagemaker';
import type { InvokeEndpointInput, InvokeEndpointOutput as SdkOutput } from '@aws-sdk/client-sagemaker-runtime';
import { AwsError, type Cloud } from '../../../contract.ts';
import { AnswerTooLong, maxPayloadBytes, ServerTimeout, type ServerAnswer } from '../../../machines/call-server.ts';
import type { Endpoint } from './endpoint.ts';
import type { VariantFleet } from './fleet.ts';
import { publishInvocation } from './publish-metrics.ts';
import type { ResourceTable } from './table.ts';

/** The SDK's blobs can turn themselves into text; what the wire writes need not. */
type InvokeEndpointOutput = Omit<SdkOutput, 'Body'> & { Body: Uint8Array };

const attributesHeader = 'x-amzn-sagemaker-custom-attributes';
/** States in which AWS finds the endpoint for a caller. */
const servingStatuses = new Set<EndpointStatus>([
  'InService',
  'Updating',
  'RollingBack',
  'SystemUpdating',
  'UpdateRollbackFailed',
]);

interface Deps {
  readonly cloud: Cloud;
  readonly endpoints: ResourceTable<Endpoint>;
  readonly invocationMs: number;
}

/** SageMaker's runtime: a call of an endpoint, bytes in and bytes out. */
export function createInvokeHandlers(deps: Deps) {
  return { InvokeEndpoint: (input: InvokeEndpointInput) => invokeEndpoint(input, deps) };
}

async function invokeEndpoint(
  input: InvokeEndpointInput,
  { cloud, endpoints, invocationMs }: Deps,
): Promise<InvokeEndpointOutput> {
  const arrived = performance.now();
  const endpoint = findServing(endpoints, input.EndpointName ?? '', cloud.account);
  const body = input.Body ?? new Uint8Array();
  if (body.byteLength > maxPayloadBytes)
    throw new AwsError(
      'ValidationError',
      `The body of the request has ${body.byteLength} bytes; at most ${maxPayloadBytes} are allowed.`,
    );
  const variant = pickVariant(endpoint, input.TargetVariant);
  const instance = variant.next();
  if (!instance) throw noInstance(endpoint);
  const facts = { endpoint: endpoint.name, variant: variant.name, instances: variant.ready.length, at: cloud.clock.now() };
  const called = performance.now();
  const outcome = await instance
    .call({ headers: listHeaders(input), body, timeoutMs: invocationMs })
    .catch((error: unknown) => describeBreakdown(error));
  const modelMs = performance.now() - called;
  const status = 'status' in outcome ? outcome.status : undefined;
  publishInvocation(cloud.metrics, { ...facts, status, modelMs, overheadMs: called - arrived });
  if (!('status' in outcome)) throw modelError(endpoint, cloud, 0, outcome.text, outcome.text);
  if (outcome.status < 200 || outcome.status >= 300)
    throw modelError(endpoint, cloud, outcome.status, outcome.body.toString(), outcome.body.toString());
  return viewAnswer(outcome, variant.name);
}

/** Names are unique in whatever case, and called in their own. */
function findServing(endpoints: ResourceTable<Endpoint>, name: string, account: string): Endpoint {
  const endpoint = endpoints.find(name);
  if (!endpoint || endpoint.name !== name || !servingStatuses.has(endpoint.state.status))
    throw new AwsError('ValidationError', `Endpoint ${name} of account ${account} not found.`);
  return endpoint;
}

function pickVariant(endpoint: Endpoint, target: string | undefined): VariantFleet {
  if (target !== undefined && !endpoint.state.fleet.variants.some(({ name }) => name === target))
    throw new AwsError('ValidationError', `Variant ${target} not found for endpoint ${endpoint.name}.`);
  const variant = endpoint.router.pick(target);
  if (!variant) throw noInstance(endpoint);
  return variant;
}

function noInstance({ name }: Endpoint): AwsError {
  return new AwsError('ServiceUnavailable', `No instance of the endpoint ${name} answers at the moment.`);
}

function listHeaders({ ContentType: type, Accept: accept, CustomAttributes: attributes }: InvokeEndpointInput) {
  return {
    ...(type !== undefined && { 'content-type': type }),
    ...(accept !== undefined && { accept }),
    ...(attributes !== undefined && { [attributesHeader]: attributes }),
  };
}

/** What AWS says when the container did not answer at all. */
function describeBreakdown(error: unknown): { text: string } {
  if (error instanceof ServerTimeout)
    return {
      text: 'Your invocation timed out while waiting for a response from container primary. Review the latency metrics for each container in Amazon CloudWatch, resolve the issue, and try again.',
    };
  if (error instanceof AnswerTooLong) return { text: `The response of the model is longer than ${maxPayloadBytes} bytes.` };
  return { text: 'An error occurred while handling request as the model process exited.' };
}

function modelError({ name }: Endpoint, { region, account }: Cloud, status: number, said: string, original: string): AwsError {
  const whose = status >= 400 && status < 500 ? 'client' : 'server';
  const group = `/aws/sagemaker/Endpoints/${name}`;
  const console = `https://${region}.console.aws.amazon.com/cloudwatch/home?region=${region}#logEventViewer:group=${group}`;
  return new AwsError(
    'ModelError',
    `Received ${whose} error (${status}) from primary with message "${said.slice(0, 1024)}". See ${console} in account ${account} for more information.`,
    {
      members: {
        OriginalStatusCode: status,
        OriginalMessage: original,
        LogStreamArn: `arn:aws:logs:${region}:${account}:log-group:${group}`,
      },
    },
  );
}

function viewAnswer({ headers, body }: ServerAnswer, variant: string): InvokeEndpointOutput {
  const attributes = headers[attributesHeader];
  return {
    Body: body,
    ...(headers['content-type'] !== undefined && { ContentType: headers['content-type'] }),
    InvokedProductionVariant: variant,
    ...(typeof attributes === 'string' && { CustomAttributes: attributes }),
  };
}
