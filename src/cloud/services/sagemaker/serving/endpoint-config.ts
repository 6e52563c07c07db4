import type * as sagemaker from '@aws-sdk/client-sagemaker';
import { AwsError, type Cloud } from '../../../contract.ts';
import { listPage } from '../list-page.ts';
import type { Model } from './model.ts';
import { readTags, type Resource, type ResourceTable } from './table.ts';

export interface EndpointConfig extends Resource {
  readonly request: sagemaker.CreateEndpointConfigInput;
}

/** SageMaker's endpoint configurations, by operation. */
export function createConfigHandlers(cloud: Cloud, configs: ResourceTable<EndpointConfig>, models: ResourceTable<Model>) {
  return {
    CreateEndpointConfig: (input: sagemaker.CreateEndpointConfigInput): sagemaker.CreateEndpointConfigOutput => {
      const name = input.EndpointConfigName ?? '';
      configs.refuseTaken(name);
      checkConfig(input);
      for (const variant of input.ProductionVariants ?? []) models.get(variant.ModelName ?? '');
      const config = { name, arn: configs.arnOf(name), created: cloud.clock.now(), tags: readTags(input.Tags), request: input };
      configs.add(config);
      return { EndpointConfigArn: config.arn };
    },
    DescribeEndpointConfig: (input: sagemaker.DescribeEndpointConfigInput): sagemaker.DescribeEndpointConfigOutput => {
      const { name, arn, created, request } = configs.look(input.EndpointConfigName ?? '');
      const { Tags: _tags, ...asked } = request;
      return {
        ...asked,
        ProductionVariants: (asked.ProductionVariants ?? []).map(withWeight),
        EndpointConfigName: name,
        EndpointConfigArn: arn,
        CreationTime: created,
      };
    },
    DeleteEndpointConfig: (input: sagemaker.DeleteEndpointConfigInput) => {
      configs.remove(configs.get(input.EndpointConfigName ?? ''));
      return {};
    },
    ListEndpointConfigs: (input: sagemaker.ListEndpointConfigsInput): sagemaker.ListEndpointConfigsOutput => {
      const { items, ...more } = listPage(configs.visible(), input);
      return {
        ...more,
        EndpointConfigs: items.map(({ name, arn, created }) => ({
          EndpointConfigName: name,
          EndpointConfigArn: arn,
          CreationTime: created,
        })),
      };
    },
  };
}

const withWeight = (variant: sagemaker.ProductionVariant): sagemaker.ProductionVariant => ({
  InitialVariantWeight: 1,
  ...variant,
});

/** What would not be executed here as it was asked. */
function checkConfig(input: sagemaker.CreateEndpointConfigInput): void {
  const problems: string[] = [];
  const variants = input.ProductionVariants ?? [];
  const names = variants.map((variant) => variant.VariantName ?? '');
  for (const name of new Set(names.filter((each, index) => names.indexOf(each) < index)))
    problems.push(`the variant name ${name} is used more than once`);
  for (const variant of variants) {
    const where = `variant ${variant.VariantName}`;
    if (variant.ServerlessConfig) problems.push(`${where} is serverless, which the local cloud does not serve`);
    else if (variant.InstanceType === undefined) problems.push(`${where} has no InstanceType`);
    else if (variant.InitialInstanceCount === undefined) problems.push(`${where} has no InitialInstanceCount`);
    if (variant.ManagedInstanceScaling) problems.push(`${where} has ManagedInstanceScaling, which is for inference components`);
  }
  if (input.AsyncInferenceConfig) problems.push('AsyncInferenceConfig is not served by the local cloud');
  if (input.ShadowProductionVariants?.length) problems.push('ShadowProductionVariants are not served by the local cloud');
  if (problems.length > 0) throw new AwsError('ValidationException', `Invalid endpoint configuration: ${problems.join('; ')}.`);
}
