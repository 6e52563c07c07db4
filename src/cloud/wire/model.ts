import models from './models.json' with { type: 'json' };

/** What botocore's model says about a service as a whole. */
export interface Metadata {
  readonly apiVersion: string;
  readonly endpointPrefix: string;
  readonly protocols: readonly string[];
  readonly signingName?: string;
  /** Prefix of the `x-amz-target` header. */
  readonly targetPrefix?: string;
  readonly xmlNamespace?: string;
}

/** A shape of botocore's model, cut to what can be checked. Names of other shapes stand in `member`, `key`, `value` and `members`. */
export interface Shape {
  readonly type: string;
  readonly required?: readonly string[];
  readonly union?: boolean;
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly min?: number;
  readonly max?: number;
  readonly member?: string;
  readonly key?: string;
  readonly value?: string;
  readonly members?: Readonly<Record<string, string>>;
}

export interface Model {
  readonly metadata: Metadata;
  /** Shape of the input by operation; null when it takes none. */
  readonly inputs: Readonly<Record<string, string | null>>;
  readonly shapes: Readonly<Record<string, Shape>>;
}

// The file's literal type is as large as the file: one widening here keeps it out of everybody's types.
const services: Readonly<Record<string, Model>> = models.services;

/** The model by name of the SDK client. Throws for a service that was not cut. */
export function modelOf(service: string): Model {
  const model = services[service];
  if (!model)
    throw new Error(`models.json has no ${service}; add it to scripts/generate/aws-operations.json and run aws-models.py.`);
  return model;
}

export const metadataOf = (service: string): Metadata => modelOf(service).metadata;
