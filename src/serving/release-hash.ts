import type { ServeSpec, Spec } from '../spec/spec.ts';
import { hashOf } from '../training/fingerprint.ts';

/** What decides how a release answers. Roles, tags, prices and times to live do not. */
export interface ReleaseIngredients {
  /** The trained archive, as the store identifies its bytes. */
  readonly model: { readonly etag: string; readonly bytes: number };
  /** Hash over the code folder. */
  readonly codeHash: string;
  /** Full URI. */
  readonly image: string;
  readonly serve: ServeSpec;
  readonly instances: number;
  readonly network: Spec['network'];
  readonly kmsKey: string | undefined;
  /** SHA-256 of the function's zip. */
  readonly handlerHash: string;
}

/**
 * 64 hex digits: the name of a release. The function's code and settings are in it, so that model and function are one unit that
 * is deployed, promoted and rolled back together.
 */
export function getReleaseHash(ingredients: ReleaseIngredients): string {
  const { model, codeHash, image, serve, instances, network, kmsKey, handlerHash } = ingredients;
  const { entryPoint, instanceType, strategy, environment, lambda } = serve;
  return hashOf({
    version: 1,
    model,
    codeHash,
    image,
    entryPoint,
    instanceType,
    instances,
    strategy,
    environment,
    lambda,
    network,
    kmsKey,
    handlerHash,
  });
}
