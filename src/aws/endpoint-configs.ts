import {
  CreateEndpointConfigCommand,
  DeleteEndpointConfigCommand,
  DescribeEndpointConfigCommand,
  ListEndpointConfigsCommand,
  type ProductionVariantInstanceType,
  SageMakerClient,
} from '@aws-sdk/client-sagemaker';
import type { EndpointConfigs } from '../serving/ports.ts';
import type { Clients } from './clients.ts';
import { call } from './errors.ts';
import { deletion, isTaken, listPages, needCreated, orMissing, whenSeen } from './hosting-answers.ts';
import { localDisks } from './local-disks.ts';
import { toTagList } from './resource-tags.ts';

const doing = (action: string, name: string) => ({
  action: `sagemaker:${action}`,
  resource: `the endpoint configuration ${name}`,
});

/** Endpoint configurations of one variant. */
export function createEndpointConfigs(clients: Clients): EndpointConfigs {
  const sagemaker = clients.of(SageMakerClient);
  return {
    async describe(name) {
      const send = () => sagemaker.send(new DescribeEndpointConfigCommand({ EndpointConfigName: name }));
      const answer = await call(doing('DescribeEndpointConfig', name), () => orMissing(send));
      const variant = answer?.ProductionVariants?.[0];
      return (
        answer && {
          name,
          arn: answer.EndpointConfigArn ?? '',
          modelName: variant?.ModelName ?? '',
          instanceType: variant?.InstanceType ?? 'unknown',
          instanceCount: variant?.InitialInstanceCount ?? 1,
          created: needCreated(answer.CreationTime, name),
        }
      );
    },
    create: (request) =>
      call(doing('CreateEndpointConfig', request.name), async () => {
        try {
          await whenSeen(() => sagemaker.send(new CreateEndpointConfigCommand(toRequest(request))), clients.clock);
          return 'created';
        } catch (error) {
          if (isTaken(error)) return 'exists';
          throw error;
        }
      }),
    delete: (name) =>
      call(doing('DeleteEndpointConfig', name), () =>
        deletion(() => sagemaker.send(new DeleteEndpointConfigCommand({ EndpointConfigName: name }))),
      ),
    list: (prefix) =>
      listPages(async (NextToken) => {
        const command = new ListEndpointConfigsCommand({ NameContains: prefix, NextToken, MaxResults: 100 });
        const page = await call(doing('ListEndpointConfigs', `${prefix}…`), () => sagemaker.send(command));
        const found = (page.EndpointConfigs ?? []).flatMap((one) => {
          const { EndpointConfigName: name, EndpointConfigArn: arn, CreationTime: created } = one;
          return name?.startsWith(prefix) && arn !== undefined && created !== undefined ? [{ name, arn, created }] : [];
        });
        return { found, next: page.NextToken };
      }),
  };
}

function toRequest(request: Parameters<EndpointConfigs['create']>[0]) {
  const { kmsKey, instanceType } = request;
  return {
    EndpointConfigName: request.name,
    ProductionVariants: [
      {
        VariantName: request.variant,
        ModelName: request.modelName,
        // The service, not this list, decides which types exist: it may be newer.
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion
        InstanceType: instanceType as ProductionVariantInstanceType,
        InitialInstanceCount: request.instanceCount,
        InitialVariantWeight: 1,
      },
    ],
    ...(kmsKey === undefined || localDisks.test(instanceType) ? {} : { KmsKeyId: kmsKey }),
    Tags: toTagList(request.tags),
  };
}
