import { NormalizedSchema } from '@smithy/core/schema';
import type { $SchemaRef, SchemaTraitsObject } from '@smithy/types';
import type { Handler, Service } from '../contract.ts';
import { type Metadata, metadataOf } from './model.ts';

/** An operation as the SDK's schema describes it. */
export interface Operation {
  readonly name: string;
  readonly input: NormalizedSchema;
  readonly output: NormalizedSchema;
  /** Method, path template and status of success of REST services. */
  readonly http: { readonly method: string; readonly template: string; readonly status: number } | undefined;
  /** Whether `x-amz-checksum-*` headers of a request are about its body. */
  readonly checksummed: boolean;
}

export interface WireService {
  readonly name: string;
  readonly metadata: Metadata;
  readonly operations: ReadonlyMap<string, Operation>;
  /** Error shapes by class name (`NoSuchEntityException`) and, where it differs, by code on the wire (`NoSuchEntity`). */
  readonly errors: ReadonlyMap<string, NormalizedSchema>;
  readonly handlers: Readonly<Record<string, Handler<never, unknown>>>;
}

/** Whether it is called by a form with `Action`, in AWS query or in EC2's dialect of it. */
export const isQuery = ({ metadata }: WireService) => metadata.protocols.includes('query') || metadata.protocols.includes('ec2');

type OperationSchema = [9, string, string, SchemaTraitsObject | number, $SchemaRef, $SchemaRef];

const isOperation = (schema: unknown): schema is OperationSchema => Array.isArray(schema) && schema[0] === 9;
const isError = (schema: unknown): schema is $SchemaRef => Array.isArray(schema) && schema[0] === -3;

/** Reads a service's schemas into tables. Throws when a handler has no operation: it could never be called. */
export function readService(service: Service): WireService {
  const schemas = Object.values(service.schemas);
  const operations = new Map(schemas.filter(isOperation).map((schema) => [schema[2], readOperation(schema)]));
  const stray = Object.keys(service.handlers).filter((name) => !operations.has(name));
  if (stray.length > 0)
    throw new Error(`${service.name} has handlers without a schema: ${stray.join(', ')}. Add them to aws-operations.json.`);
  return {
    name: service.name,
    metadata: metadataOf(service.name),
    operations,
    errors: new Map(schemas.filter(isError).flatMap(namesOfError)),
    handlers: service.handlers,
  };
}

function readOperation([, , name, traits, input, output]: OperationSchema): Operation {
  const { http, httpChecksum } = typeof traits === 'object' ? traits : {};
  return {
    name,
    input: NormalizedSchema.of(input),
    output: NormalizedSchema.of(output),
    http: http && { method: http[0], template: http[1], status: http[2] },
    checksummed: httpChecksum !== undefined,
  };
}

function namesOfError(schema: $SchemaRef): [string, NormalizedSchema][] {
  const shape = NormalizedSchema.of(schema);
  const names = [shape.getName(), wireCodeOf(shape)].filter((name) => name !== undefined);
  return names.map((name) => [name, shape]);
}

/** The code of an error in the query protocol, where it is not the name of the class. */
export function wireCodeOf(shape: NormalizedSchema): string | undefined {
  const trait = shape.getMergedTraits()['awsQueryError'];
  return Array.isArray(trait) ? String(trait[0]) : undefined;
}

/** How many leading members of a structure are required is the seventh element of its schema. */
export function requiredMembers(structure: NormalizedSchema): readonly string[] {
  const schema = structure.getSchema();
  if (!Array.isArray(schema)) return [];
  const [, , , , names, , required] = schema;
  return Array.isArray(names) && typeof required === 'number' ? names.slice(0, required).map(String) : [];
}
