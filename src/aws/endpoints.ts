import {
  CreateEndpointCommand,
  DeleteEndpointCommand,
  type DescribeEndpointOutput,
  DescribeEndpointCommand,
  ListEndpointsCommand,
  SageMakerClient,
  UpdateEndpointCommand,
  UpdateEndpointWeightsAndCapacitiesCommand,
} from '@aws-sdk/client-sagemaker';
import { variantName } from '../serving/names.ts';
import type { Endpoint, Endpoints } from '../serving/ports.ts';
import type { Clients } from './clients.ts';
import { call, countAttempts } from './errors.ts';
import { isBusy, isTaken, listPages, needCreated, orMissing, whenSeen } from './hosting-answers.ts';
import { toTagList } from './resource-tags.ts';
import { toDeploymentConfig } from './rollout.ts';

const doing = (action: string, name: string) => ({ action: `sagemaker:${action}`, resource: `the endpoint ${name}` });

/** Real-time endpoints of SageMaker with one variant. */
export function createEndpoints(clients: Clients): Endpoints {
  const sagemaker = clients.of(SageMakerClient);
  const { clock } = clients;

  return {
    async describe(name) {
      const send = () => sagemaker.send(new DescribeEndpointCommand({ EndpointName: name }));
      const answer = await call(doing('DescribeEndpoint', name), () => orMissing(send));
      return answer && readEndpoint(answer, name);
    },
    create: ({ name, configName, tags }) =>
      call(doing('CreateEndpoint', name), async () => {
        const request = { EndpointName: name, EndpointConfigName: configName, Tags: toTagList(tags) };
        try {
          await whenSeen(() => sagemaker.send(new CreateEndpointCommand(request)), clock);
          return 'created';
        } catch (error) {
          if (isTaken(error)) return 'exists';
          throw error;
        }
      }),
    update: ({ name, configName, rollout }) =>
      call(doing('UpdateEndpoint', name), async () => {
        const deployment = toDeploymentConfig(rollout);
        const request = {
          EndpointName: name,
          EndpointConfigName: configName,
          // Counts that scaling has set stay; the configuration's own are those of an idle endpoint.
          RetainAllVariantProperties: true,
          ...(deployment ? { DeploymentConfig: deployment } : {}),
        };
        try {
          await whenSeen(() => sagemaker.send(new UpdateEndpointCommand(request)), clock);
        } catch (error) {
          // A first attempt whose answer was lost has made the endpoint busy with this very update; who waits sees which.
          if (!(isBusy(error) && countAttempts(error) > 1)) throw error;
        }
      }),
    async setInstances(name, count) {
      const capacity = { VariantName: variantName, DesiredInstanceCount: count };
      const command = new UpdateEndpointWeightsAndCapacitiesCommand({
        EndpointName: name,
        DesiredWeightsAndCapacities: [capacity],
      });
      await call(doing('UpdateEndpointWeightsAndCapacities', name), () => sagemaker.send(command));
    },
    delete: (name) =>
      call(doing('DeleteEndpoint', name), async () => {
        try {
          const command = new DeleteEndpointCommand({ EndpointName: name });
          const answer = await orMissing(() => sagemaker.send(command));
          return answer ? 'deleted' : 'missing';
        } catch (error) {
          if (isBusy(error)) return 'busy';
          throw error;
        }
      }),
    list: (prefix) =>
      listPages(async (NextToken) => {
        const command = new ListEndpointsCommand({ NameContains: prefix, NextToken, MaxResults: 100 });
        const page = await call(doing('ListEndpoints', `${prefix}…`), () => sagemaker.send(command));
        const found = (page.Endpoints ?? []).flatMap((one) => {
          const { EndpointName: name, EndpointArn: arn, EndpointStatus: status, CreationTime: created } = one;
          if (arn === undefined || status === undefined || created === undefined) return [];
          return name?.startsWith(prefix) ? [{ name, arn, status, created }] : [];
        });
        return { found, next: page.NextToken };
      }),
  };
}

function readEndpoint(answer: DescribeEndpointOutput, name: string): Endpoint {
  const variant = answer.ProductionVariants?.[0];
  const status = answer.EndpointStatus;
  return {
    name,
    arn: answer.EndpointArn ?? '',
    status: status ?? 'OutOfService',
    configName: answer.EndpointConfigName ?? '',
    pending: answer.PendingDeploymentSummary !== undefined,
    ...(answer.FailureReason === undefined ? {} : { failureReason: answer.FailureReason }),
    created: needCreated(answer.CreationTime, name),
    variant: {
      name: variant?.VariantName ?? variantName,
      instances: variant?.CurrentInstanceCount ?? 0,
      desiredInstances: variant?.DesiredInstanceCount ?? variant?.CurrentInstanceCount ?? 0,
    },
  };
}
