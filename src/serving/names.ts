/**
 * What a deployment is called. Everything is derived from the model and its configuration, so deploying the same twice finds what
 * is there, and whoever sweeps knows whose a resource is by its name and tags.
 *
 * | what | name |
 * | --- | --- |
 * | Lambda function | `<spec name>-invoke` |
 * | its aliases | `candidate`, `live`, `previous` (the rollback target) |
 * | model, endpoint configuration, candidate endpoint | `<spec name>-<hash10>` |
 * | endpoint of a stable name (strategy `in-place`) | `<spec name>-live` |
 */
export const aliases = { candidate: 'candidate', live: 'live', previous: 'previous' } as const;

/** The one variant of every endpoint; it must never change its name, or an update cannot shift traffic. */
export const variantName = 'all';

/** Environment variable of a Lambda version that names the endpoint it calls. */
export const endpointVariable = 'TRAINYARD_ENDPOINT';

export function getFunctionName(specName: string): string {
  return `${specName}-invoke`;
}

/** @param hash of the model's archive, the serving code, the image, the machines and the environment */
export function getReleaseName(specName: string, hash: string): string {
  return `${specName}-${hash.slice(0, 10)}`;
}

export function getStableEndpointName(specName: string): string {
  return `${specName}-live`;
}

/**
 * Configuration of the stable endpoint, which has as many machines as the spec says; the candidate's has one.
 * @param release see `getReleaseName`
 */
export function getLiveConfigName(release: string, instances: number): string {
  return instances === 1 ? release : `${release}-x${instances}`;
}
