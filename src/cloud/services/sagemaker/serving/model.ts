import type * as sagemaker from '@aws-sdk/client-sagemaker';
import { AwsError, type Cloud } from '../../../contract.ts';
import { parseS3Uri } from '../s3-uri.ts';
import { listPage } from '../list-page.ts';
import { readTags, type Resource, type ResourceTable } from './table.ts';

export interface Model extends Resource {
  readonly request: sagemaker.CreateModelInput;
}

/** SageMaker's models, by operation: one container with one archive from S3. */
export function createModelHandlers(cloud: Cloud, models: ResourceTable<Model>) {
  return {
    CreateModel: (input: sagemaker.CreateModelInput): sagemaker.CreateModelOutput => {
      const name = input.ModelName ?? '';
      models.refuseTaken(name);
      checkModel(cloud, input);
      const model = { name, arn: models.arnOf(name), created: cloud.clock.now(), tags: readTags(input.Tags), request: input };
      models.add(model);
      return { ModelArn: model.arn };
    },
    DescribeModel: (input: sagemaker.DescribeModelInput): sagemaker.DescribeModelOutput => {
      const { name, arn, created, request } = models.look(input.ModelName ?? '');
      const { Tags: _tags, ...asked } = request;
      return {
        ...asked,
        ModelName: name,
        ModelArn: arn,
        CreationTime: created,
        EnableNetworkIsolation: asked.EnableNetworkIsolation ?? false,
      };
    },
    DeleteModel: (input: sagemaker.DeleteModelInput) => {
      models.remove(models.get(input.ModelName ?? ''));
      return {};
    },
    ListModels: (input: sagemaker.ListModelsInput): sagemaker.ListModelsOutput => {
      const { items, ...more } = listPage(models.visible(), input);
      return {
        ...more,
        Models: items.map(({ name, arn, created }) => ({ ModelName: name, ModelArn: arn, CreationTime: created })),
      };
    },
  };
}

/** The one container of a model. */
export function getContainer({ request }: Model): sagemaker.ContainerDefinition {
  return request.PrimaryContainer ?? request.Containers?.[0] ?? {};
}

/** Where the container's archive is. */
export function findModelUri(container: sagemaker.ContainerDefinition): string | undefined {
  return container.ModelDataUrl ?? container.ModelDataSource?.S3DataSource?.S3Uri;
}

function checkModel(cloud: Cloud, input: sagemaker.CreateModelInput): void {
  const containers = [...(input.PrimaryContainer ? [input.PrimaryContainer] : []), ...(input.Containers ?? [])];
  const [container] = containers;
  if (!container) refuse('One of PrimaryContainer and Containers must be specified.');
  if (containers.length > 1) refuse('The local cloud serves models of one container; give PrimaryContainer alone.');
  if (container.Image === undefined) refuse('The local cloud knows no model packages; PrimaryContainer.Image must be specified.');
  const role = input.ExecutionRoleArn ?? '';
  const uri = findModelUri(container);
  const kind = container.ModelDataSource?.S3DataSource;
  if (kind && (kind.S3DataType !== 'S3Object' || kind.CompressionType !== 'Gzip'))
    refuse('The local cloud reads model data as one archive: S3DataType S3Object, CompressionType Gzip.');
  if (cloud.roles.assumableBy(role, 'sagemaker.amazonaws.com') !== 'yes') {
    refuse(
      `Could not assume role ${role}. Please ensure that the role exists and allows principal 'sagemaker.amazonaws.com' to assume the role.`,
    );
  }
  if (uri === undefined)
    refuse('The local cloud runs no image: PrimaryContainer.ModelDataUrl must name the archive with the code.');
  const { bucket, key } = parseS3Uri(uri);
  if (!cloud.buckets.exists(bucket) || cloud.buckets.fileOf(bucket, key) === undefined) {
    refuse(
      `Could not access model data at ${uri}. Please ensure that the role "${role}" exists and that its trust relationship policy allows ` +
        'the action "sts:AssumeRole" for the service principal "sagemaker.amazonaws.com". Also ensure that the role has "s3:GetObject" ' +
        `permissions and that the object is located in ${cloud.region}.`,
    );
  }
}

function refuse(message: string): never {
  throw new AwsError('ValidationException', message);
}
