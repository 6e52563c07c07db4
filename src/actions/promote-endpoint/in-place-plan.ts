import { ActionError } from '../../action-error.ts';
import { getLiveConfigName, getStableEndpointName } from '../../serving/names.ts';
import { previousConfigTag } from '../../serving/ownership.ts';
import type { Target } from '../../serving/promotion-plan.ts';
import { getStandingInstances } from '../../serving/serving-cost.ts';
import type { PromoteDeps } from './deps.ts';
import type { InPlacePromotion } from './in-place-effects.ts';

/** Which configuration becomes live, and which one was. */
export async function planInPlace(
  to: Target,
  rollback: boolean,
  deps: PromoteDeps,
): Promise<Pick<InPlacePromotion, 'serve' | 'lambdaRole' | 'wanted' | 'before' | 'noted'>> {
  const { spec, endpoints, configs, tags } = deps;
  const { serve, roles } = spec;
  if (!serve || roles.lambda === undefined) {
    throw new ActionError({
      kind: 'input',
      message: `${spec.path} has no roles.lambda, which the function in front of the endpoint needs.`,
      fix: 'Add it as the outputs of infra/bootstrap.yml say.',
      where: { file: spec.path },
    });
  }
  const stable = await endpoints.describe(getStableEndpointName(spec.name));
  // An empty tag is none: tags cannot be taken off by those who may only add them.
  const noted = (stable && (await tags.read(stable.arn))[previousConfigTag]) || undefined;
  const source = rollback ? noted : to.endpoint?.configName;
  const config = source === undefined ? undefined : await configs.describe(source);
  if (!config) {
    throw new ActionError({
      kind: 'conflict',
      message: rollback
        ? 'The configuration to go back to is gone: its time was over, or this is the first release.'
        : `The configuration of ${to.endpointName} is gone.`,
      fix: 'Deploy the version you want again: push its tag, or run the release workflow on it.',
    });
  }
  const instances = rollback ? config.instanceCount : getStandingInstances(spec);
  const name = rollback ? config.name : getLiveConfigName(config.modelName, instances);
  const { modelName, instanceType } = config;
  // An attempt that was killed may have updated the endpoint already: what was live is then what it wrote down.
  const beforeName = stable?.configName === name ? noted : stable?.configName;
  const before = beforeName === undefined ? undefined : await configs.describe(beforeName);
  return {
    serve,
    lambdaRole: roles.lambda,
    wanted: { name, modelName, instanceType, instances },
    noted,
    before: before && { name: before.name, instanceType: before.instanceType },
  };
}
