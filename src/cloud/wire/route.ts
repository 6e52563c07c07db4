import { isQuery, type WireService } from './operation.ts';
import { restJsonDialect, s3Dialect } from './dialects.ts';
import type { Protocol, Route, WireRequest } from './protocol.ts';
import { rest } from './rest.ts';
import { scoreRest } from './rest-path.ts';
import { rpcCbor } from './rpc-cbor.ts';
import { rpcEc2 } from './rpc-ec2.ts';
import { rpcJson } from './rpc-json.ts';
import { rpcQuery } from './rpc-query.ts';

const [json10, json11, cbor, restJson, s3] = [rpcJson('1.0'), rpcJson('1.1'), rpcCbor(), rest(restJsonDialect), rest(s3Dialect)];

/** Finds what a request calls. Undefined when no service here speaks like that. */
export async function findRoute(services: readonly WireService[], request: WireRequest): Promise<Route | undefined> {
  return (
    findJson(services, request) ??
    findCbor(services, request) ??
    (await findQuery(services, request)) ??
    findRest(services, request)
  );
}

/** `x-amz-target: SageMaker.CreateTrainingJob`. */
function findJson(services: readonly WireService[], { headers }: WireRequest): Route | undefined {
  const target = headers['x-amz-target'];
  const dot = target?.lastIndexOf('.') ?? -1;
  const service = services.find(
    ({ metadata }) => metadata.targetPrefix !== undefined && metadata.targetPrefix === target?.slice(0, dot),
  );
  if (!service || target === undefined) return undefined;
  return named(service, headers['content-type']?.includes('1.0') ? json10 : json11, target.slice(dot + 1));
}

/** `/service/<target prefix>/operation/<name>`. */
function findCbor(services: readonly WireService[], { headers, path }: WireRequest): Route | undefined {
  if (headers['smithy-protocol'] !== 'rpc-v2-cbor') return undefined;
  const [, target, operation] = /\/service\/([^/]+)\/operation\/([^/]+)$/.exec(path) ?? [];
  const service = services.find(({ metadata }) => metadata.targetPrefix === target);
  return service && operation !== undefined ? named(service, cbor, operation) : undefined;
}

/** A form with `Action`. The signature says the service; AssumeRoleWithWebIdentity has none and is found by its name. */
async function findQuery(services: readonly WireService[], request: WireRequest): Promise<Route | undefined> {
  const isForm = request.headers['content-type']?.includes('x-www-form-urlencoded') ?? false;
  const text = isForm && request.path === '/' ? (await request.body()).toString() : '';
  const action = new URLSearchParams(text).get('Action') ?? (request.path === '/' ? request.query.get('Action') : null);
  if (action === null) return undefined;
  const scope = signingScope(request);
  const query = services.filter(isQuery);
  const service =
    query.find((candidate) => signingName(candidate) === scope) ?? query.find(({ operations }) => operations.has(action));
  return service && named(service, service.metadata.protocols.includes('ec2') ? rpcEc2 : rpcQuery, action);
}

/** Method, path, query and headers against every template of the services the signature leaves. */
function findRest(services: readonly WireService[], request: WireRequest): Route | undefined {
  const scope = signingScope(request);
  const candidates = services.filter((service) => isRest(service) && (scope === undefined || signingName(service) === scope));
  const scored = candidates.flatMap((service) =>
    [...service.operations.values()].flatMap((operation) => {
      const score = scoreRest(operation, request, service.name === 's3');
      return score === undefined ? [] : [{ service, operation, score }];
    }),
  );
  const best = scored.reduce<(typeof scored)[number] | undefined>(
    (top, next) => (top && top.score >= next.score ? top : next),
    undefined,
  );
  if (best)
    return {
      service: best.service,
      protocol: restOf(best.service),
      operation: best.operation,
      operationName: best.operation.name,
    };
  const [service] = candidates;
  return (
    service && { service, protocol: restOf(service), operation: undefined, operationName: `${request.method} ${request.path}` }
  );
}

const isRest = (service: WireService) => service.metadata.protocols.some((protocol) => protocol.startsWith('rest-'));
const restOf = (service: WireService): Protocol => (service.metadata.protocols.includes('rest-xml') ? s3 : restJson);
const signingName = ({ metadata }: WireService) => metadata.signingName ?? metadata.endpointPrefix;

function named(service: WireService, protocol: Protocol, operationName: string): Route {
  return { service, protocol, operationName, operation: service.operations.get(operationName) };
}

const credential = /Credential=([^/,\s]+)\/\d+\/([^/]+)\/([^/]+)\/aws4_request/;

function signature(request: WireRequest): { accessKeyId: string; region: string; service: string } | undefined {
  const text = request.headers['authorization'] ?? `Credential=${request.query.get('X-Amz-Credential') ?? ''}`;
  const [, accessKeyId, region, service] = credential.exec(text) ?? [];
  return accessKeyId !== undefined && region !== undefined && service !== undefined
    ? { accessKeyId, region, service }
    : undefined;
}

const signingScope = (request: WireRequest): string | undefined => signature(request)?.service;
/** Access key a request is signed with; undefined when it is not signed. Signatures themselves are not checked. */
export const accessKeyOf = (request: WireRequest): string | undefined =>
  // Presigned URLs of the second signature version name the key and no scope; boto3 still makes them.
  signature(request)?.accessKeyId ?? request.query.get('AWSAccessKeyId') ?? undefined;
/** Region a request is signed for. */
export const regionOf = (request: WireRequest): string | undefined => signature(request)?.region;
