import {
  CreateModelCommand,
  DeleteModelCommand,
  DescribeModelCommand,
  ListModelsCommand,
  SageMakerClient,
} from '@aws-sdk/client-sagemaker';
import type { ModelRequest, Models } from '../serving/ports.ts';
import type { Clients } from './clients.ts';
import { call } from './errors.ts';
import { deletion, isTaken, listPages, needCreated, orMissing } from './hosting-answers.ts';
import { toTagList } from './resource-tags.ts';

const doing = (action: string, name: string) => ({ action: `sagemaker:${action}`, resource: `the model ${name}` });

/** SageMaker's models: an image, its data and its environment under a name. */
export function createModels(clients: Clients): Models {
  const sagemaker = clients.of(SageMakerClient);
  return {
    async describe(name) {
      const send = () => sagemaker.send(new DescribeModelCommand({ ModelName: name }));
      const answer = await call(doing('DescribeModel', name), () => orMissing(send));
      return (
        answer && {
          name,
          arn: answer.ModelArn ?? '',
          image: answer.PrimaryContainer?.Image ?? '',
          dataUri: answer.PrimaryContainer?.ModelDataUrl ?? '',
          created: needCreated(answer.CreationTime, name),
        }
      );
    },
    create: (request) =>
      call(doing('CreateModel', request.name), async () => {
        try {
          await sagemaker.send(new CreateModelCommand(toRequest(request)));
          return 'created';
        } catch (error) {
          if (isTaken(error)) return 'exists';
          throw error;
        }
      }),
    delete: (name) =>
      call(doing('DeleteModel', name), () => deletion(() => sagemaker.send(new DeleteModelCommand({ ModelName: name })))),
    list: (prefix) =>
      listPages(async (NextToken) => {
        const command = new ListModelsCommand({ NameContains: prefix, NextToken, MaxResults: 100 });
        const page = await call(doing('ListModels', `${prefix}…`), () => sagemaker.send(command));
        const found = (page.Models ?? []).flatMap(({ ModelName: name, ModelArn: arn, CreationTime: created }) =>
          name?.startsWith(prefix) && arn !== undefined && created !== undefined ? [{ name, arn, created }] : [],
        );
        return { found, next: page.NextToken };
      }),
  };
}

function toRequest(request: ModelRequest) {
  const { network } = request;
  return {
    ModelName: request.name,
    ExecutionRoleArn: request.roleArn,
    PrimaryContainer: { Image: request.image, ModelDataUrl: request.dataUri, Environment: { ...request.environment } },
    EnableNetworkIsolation: network.isolation,
    ...(network.subnets.length > 0
      ? { VpcConfig: { Subnets: [...network.subnets], SecurityGroupIds: [...network.securityGroups] } }
      : {}),
    Tags: toTagList(request.tags),
  };
}
