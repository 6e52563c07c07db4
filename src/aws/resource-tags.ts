import { AddTagsCommand, ListTagsCommand, SageMakerClient, type Tag } from '@aws-sdk/client-sagemaker';
import type { ResourceTags, Tags } from '../serving/ports.ts';
import type { Clients } from './clients.ts';
import { call, isNotFound } from './errors.ts';

export function toTagList(tags: Tags): Tag[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}

/** Tags of SageMaker's resources by ARN. A resource that is gone has none, and cannot be given any. */
export function createResourceTags(clients: Clients): ResourceTags {
  const sagemaker = clients.of(SageMakerClient);
  return {
    async read(arn) {
      const found: Record<string, string> = {};
      let token: string | undefined;
      do {
        const command = new ListTagsCommand({ ResourceArn: arn, NextToken: token });
        const page = await call({ action: 'sagemaker:ListTags', resource: arn }, async () => {
          try {
            return await sagemaker.send(command);
          } catch (error) {
            if (isNotFound(error)) return undefined;
            throw error;
          }
        });
        for (const { Key, Value } of page?.Tags ?? []) if (Key !== undefined) found[Key] = Value ?? '';
        token = page?.NextToken;
      } while (token !== undefined);
      return found;
    },
    async write(arn, tags) {
      const command = new AddTagsCommand({ ResourceArn: arn, Tags: toTagList(tags) });
      await call({ action: 'sagemaker:AddTags', resource: arn }, () => sagemaker.send(command));
    },
  };
}
